//! What a citizen pays and is paid or given.

use jiff::civil::Date;

use crate::{
    choice::{BenefitState, PaymentStatus},
    field::Coded,
    link::Link,
    money::Money,
};

widgets! {
    /// A payment, fee or debt.
    Payment {
        /// What it is for.
        title: String,
        /// Who is owed.
        creditor: Option<String>,
        /// The amount.
        amount: Money,
        /// What is left of it, when that is not all.
        remaining: Option<Money>,
        /// Where it stands.
        status: Option<PaymentStatus>,
        /// When it falls due.
        due_on: Option<Date>,
        /// When it was paid.
        paid_on: Option<Date>,
        /// Where it can be paid or read about.
        link: Option<Link>,
    }

    /// A part of a payment, as it stands on the bill.
    PaymentLine {
        /// What it is for.
        title: String,
        /// The amount. What is taken off is below zero.
        amount: Money,
        /// The time that it covers, in the source's words.
        period: Option<String>,
    }

    /// A benefit in money (*økonomisk ydelse*).
    Benefit {
        /// Name of the benefit.
        title: String,
        /// Who pays it out.
        payer: Option<String>,
        /// Where it stands.
        state: Option<BenefitState>,
        /// First day it is granted for.
        starts_on: Option<Date>,
        /// Last day it is granted for.
        ends_on: Option<Date>,
        /// How often it is paid.
        frequency: Option<Coded>,
        /// When it was last paid.
        last_paid_on: Option<Date>,
        /// What was last paid.
        last_amount: Option<Money>,
        /// When it is paid next.
        next_paid_on: Option<Date>,
        /// What is paid next.
        next_amount: Option<Money>,
        /// Where it can be read about or changed.
        link: Option<Link>,
    }

    /// A benefit in kind (*serviceydelse*): help, aids, a service.
    ServiceBenefit {
        /// Name of the benefit.
        title: String,
        /// Who gives the help.
        supplier: Option<String>,
        /// How much is granted, in the source's words.
        extent: Option<String>,
        /// Where it stands.
        state: Option<BenefitState>,
        /// First day it is granted for.
        starts_on: Option<Date>,
        /// Last day it is granted for.
        ends_on: Option<Date>,
        /// Where it can be read about or changed.
        link: Option<Link>,
    }
}
