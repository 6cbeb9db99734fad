//! What concerns a citizen's children: daycare, and what is written about them.

use jiff::civil::Date;

use crate::{field::Coded, link::Link, money::Money};

widgets! {
    /// A child's place on one daycare waiting list. A child may stand on several lists.
    WaitingListPlace {
        /// The child's name.
        child: String,
        /// Name of the list.
        list: String,
        /// Kind of institution the list is for.
        institution_type: Option<String>,
        /// Part of the municipality.
        area: Option<String>,
        /// The child's number on the list, 1 being next.
        place: i64,
        /// When the child was entered (*ansøgningsdato*).
        entered_on: Option<Date>,
        /// When a place is wanted (*behovsdato*).
        wanted_from: Option<Date>,
        /// When a place is guaranteed (*garantidato*).
        guaranteed_by: Option<Date>,
        /// Priority on the list.
        priority: Option<String>,
    }

    /// A child's enrolment in daycare, where the citizen pays.
    Enrolment {
        /// The child's name.
        child: String,
        /// Name of the institution.
        institution: String,
        /// Kind of institution.
        institution_type: Option<String>,
        /// Address of the institution.
        address: Option<String>,
        /// Telephone of the institution.
        phone: Option<String>,
        /// First day.
        starts_on: Date,
        /// Last day, if one is set.
        ends_on: Option<Date>,
        /// Price next month.
        price_next_month: Option<Money>,
        /// Fee reduction (*friplads*) in per cent.
        fee_reduction_percent: Option<i64>,
        /// Last day of the fee reduction.
        fee_reduction_until: Option<Date>,
        /// Whether the sibling discount is given.
        sibling_discount: Option<bool>,
    }

    /// Something written about a child by an institution or school, in the child's book.
    ChildBookEntry {
        /// The child's name.
        child: String,
        /// What it is about.
        title: String,
        /// When it was written.
        written_on: Date,
        /// Who wrote it.
        institution: Option<String>,
        /// What kind of entry it is.
        category: Option<Coded>,
        /// The entry itself; line breaks are the source's.
        text: Option<String>,
        /// Where the whole entry can be read.
        link: Option<Link>,
    }
}
