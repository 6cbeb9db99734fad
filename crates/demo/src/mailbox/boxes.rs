//! What lies in each citizen's mailbox.

use jiff::civil::{Time, time};

use crate::calendar::Days;

/// A mailbox in figures.
#[derive(Clone, Copy)]
pub(super) struct MailBox {
    /// Missing in one answer, though it should be there.
    pub(super) unread: Option<u32>,
    pub(super) total: Option<u32>,
    /// Day, time and sender of the latest message.
    pub(super) latest: Option<(Days, Time, &'static str)>,
    pub(super) awaiting_answer: Option<u32>,
}

const fn unread(unread: u32, total: u32) -> MailBox {
    MailBox { unread: Some(unread), total: Some(total), latest: None, awaiting_answer: None }
}

impl MailBox {
    const fn latest(self, day: Days, hour: i8, sender: &'static str) -> Self {
        Self { latest: Some((day, time(hour, 5, 0, 0), sender)), ..self }
    }

    const fn awaiting(self, answers: u32) -> Self {
        Self { awaiting_answer: Some(answers), ..self }
    }
}

/// The mailbox of a citizen; `None` for those who are exempt, and get their post on paper.
pub(super) fn of(slug: &str) -> Option<MailBox> {
    Some(match slug {
        "family-signe" => unread(3, 214).latest(-1, 8, "Birkerup Kommune").awaiting(1),
        "twins-tove" => unread(0, 58).latest(-12, 10, "Birkerup Sundhedspleje"),
        "childless-bent" => unread(1, 97).latest(0, 7, "Tilladelsesstyrelsen"),
        "overdue-laila" => unread(17, 402).latest(-2, 14, "Parkeringskontrollen").awaiting(2),
        "pickup-rasmus" => unread(2, 31).latest(-3, 9, "Birkerup Biblioteker"),
        "elsewhere-frede" => unread(0, 12),
        "neighbour-nanna" => unread(4, 166).latest(-1, 16, "Region Birkeland"),
        "letters-aase" => unread(1, 75).latest(-5, 11, "Læsø & Ærø Færgefart A/S"),
        "debt-gert" => unread(42, 42).latest(-1, 13, "Ydelsesforvaltningen").awaiting(5),
        "partly-poul" => unread(0, 0),
        "undated-dagny" => MailBox { unread: None, ..unread(0, 9).latest(-20, 12, "Birkerup Kommune") },
        "many-mogens" => unread(1_204, 9_873).latest(0, 6, "Birkerup Kommune").awaiting(11),
        _ => return None,
    })
}
