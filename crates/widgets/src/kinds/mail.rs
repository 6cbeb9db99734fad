//! What lies in a citizen's digital mailbox. Never the messages themselves.

use crate::{link::Link, moment::Moment};

widgets! {
    /// A digital mailbox in figures.
    Mailbox {
        /// Messages not read.
        unread: i64,
        /// All messages.
        total: Option<i64>,
        /// When the latest message came.
        latest_at: Option<Moment>,
        /// Who sent the latest message.
        latest_sender: Option<String>,
        /// Messages that wait for the citizen's answer.
        awaiting_answer: Option<i64>,
        /// Where the mailbox is opened.
        link: Option<Link>,
    }
}
