//! What an authority is working on for a citizen.

use jiff::civil::Date;

use crate::{choice::CaseStatus, link::Link, moment::Moment};

widgets! {
    /// A case of the citizen's (*sag*).
    Case {
        /// What it is called.
        title: String,
        /// What it is about.
        subject: Option<String>,
        /// Where it stands.
        status: CaseStatus,
        /// Number to give when asking about it.
        reference: Option<String>,
        /// When it was opened.
        opened_on: Option<Date>,
        /// When something last happened in it.
        updated_at: Option<Moment>,
        /// When the authority expects to have decided.
        expected_by: Option<Date>,
        /// When it was closed.
        closed_on: Option<Date>,
        /// What comes next, in the source's words. It does not tell whose turn it is: what the citizen must do by a
        /// date is a [`Deadline`](super::Deadline).
        next_step: Option<String>,
        /// Where it can be followed.
        link: Option<Link>,
    }

    /// Something that happened to what it is listed with, such as a step of a case (*hændelse*).
    TimelineEntry {
        /// What happened.
        title: String,
        /// The day on which it did; one to come if that is how the authority plans it.
        happened_on: Date,
        /// More about it.
        text: Option<String>,
    }

    /// A document that belongs to what it is listed with. It is read at the authority's own place.
    Document {
        /// What it is called.
        title: String,
        /// Its own date.
        dated_on: Option<Date>,
        /// Where it can be read.
        link: Option<Link>,
    }
}
