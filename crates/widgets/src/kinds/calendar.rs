//! What a citizen must keep in the calendar.

use jiff::civil::Date;

use crate::{choice::AppointmentState, link::Link, moment::Moment};

widgets! {
    /// An appointment with an authority (*aftale*).
    Appointment {
        /// What it is.
        title: String,
        /// When it starts; the new time if it was moved.
        starts_at: Moment,
        /// When it ends.
        ends_at: Option<Moment>,
        /// Where it is.
        place: Option<String>,
        /// Whether it is held on line rather than in person.
        online: Option<bool>,
        /// Where it stands.
        state: Option<AppointmentState>,
        /// What the citizen must do or bring.
        preparation: Option<String>,
        /// Where it can be read about, moved or cancelled.
        link: Option<Link>,
    }

    /// A day by which the citizen must have done something (*frist*).
    Deadline {
        /// What it is about.
        title: String,
        /// The last day.
        due_on: Date,
        /// What must be done.
        action: Option<String>,
        /// What happens otherwise.
        consequence: Option<String>,
        /// Where it can be done.
        link: Option<Link>,
    }
}
