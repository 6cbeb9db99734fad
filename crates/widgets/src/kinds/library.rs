//! What a citizen has from, and waits for at, a library.

use jiff::civil::Date;

use crate::{choice::ReservationState, field::Coded};

widgets! {
    /// A library loan.
    Loan {
        /// Title of the work; absent when the catalogue could not tell.
        title: Option<String>,
        /// Author or other originator.
        author: Option<String>,
        /// Kind of material (book, film, ...).
        material: Option<String>,
        /// When it was borrowed.
        loaned_on: Option<Date>,
        /// When it must be handed in.
        due_on: Date,
        /// Whether the library says it can be renewed.
        renewable: Option<bool>,
        /// Outcome of, or obstacle to, renewal.
        renewal: Option<Coded>,
    }

    /// A library reservation.
    Reservation {
        /// Title of the work; absent when the catalogue could not tell.
        title: Option<String>,
        /// Author or other originator.
        author: Option<String>,
        /// Where the reservation stands.
        state: ReservationState,
        /// Number in the queue, 1 being next.
        queue_number: Option<i64>,
        /// Where it will be picked up.
        pickup_branch: Option<String>,
        /// Last day to pick it up.
        pickup_by: Option<Date>,
        /// Number on the pickup shelf.
        pickup_number: Option<String>,
        /// When it was made.
        reserved_on: Option<Date>,
        /// When it lapses if nothing comes.
        expires_on: Option<Date>,
    }
}
