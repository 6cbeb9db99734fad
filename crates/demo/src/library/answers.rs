//! Accounts in the words of the loan system.

use jiff::civil::{Time, time};
use serde_json::{Value, json};

use super::accounts::{Account, Fee, Loan, Reservation};
use crate::calendar::Calendar;

/// When things happen at the library, for want of a better moment in the fixtures.
const DURING_OPENING_HOURS: Time = time(9, 13, 55, 0);

/// Somebody the system does not know is `INVALID`, not an error.
pub(super) fn patron(account: Option<&Account>, calendar: &Calendar) -> Value {
    let Some(account) = account else { return json!({ "authenticateStatus": "INVALID", "patron": null }) };
    let blocks = account
        .blocked
        .iter()
        .map(|(reason, text)| json!({ "blockedReason": reason, "blockedSince": calendar.iso(-7), "message": text }));
    json!({ "authenticateStatus": "VALID", "patron": { "blockStatus": blocks.collect::<Vec<_>>() } })
}

pub(super) fn loans(loans: &[Loan], calendar: &Calendar) -> Value {
    loans.iter().zip(1..).map(|(loan, number)| self::loan(loan, number, calendar)).collect()
}

fn loan(loan: &Loan, number: u32, calendar: &Calendar) -> Value {
    let mut details = json!({
        "loanId": 700_000 + number,
        "recordId": loan.faust,
        "materialItemNumber": format!("{}-{number:02}", loan.faust),
        "materialGroup": { "name": "standard", "description": loan.material },
        "loanDate": calendar.library_moment(loan.loaned, DURING_OPENING_HOURS),
        "loanType": if loan.own_record.is_some() { "interLibraryLoan" } else { "loan" },
        "periodical": null,
        "ilBibliographicRecord": loan.own_record.map(|(title, author)| json!({ "title": title, "author": author })),
    });
    if let Some(due) = loan.due
        && let Some(fields) = details.as_object_mut()
    {
        fields.insert("dueDate".to_owned(), calendar.iso(due).into());
    }
    json!({
        "isRenewable": loan.renewable,
        "isLongtermLoan": false,
        "renewalStatusList": loan.renewal.iter().collect::<Vec<_>>(),
        "loanDetails": details,
    })
}

pub(super) fn reservations(reservations: &[Reservation], calendar: &Calendar) -> Value {
    reservations.iter().zip(1..).map(|(reservation, number)| self::reservation(reservation, number, calendar)).collect()
}

fn reservation(reservation: &Reservation, number: u32, calendar: &Calendar) -> Value {
    json!({
        "reservationId": 800_000 + number,
        "recordId": reservation.faust,
        "state": reservation.state,
        "numberInQueue": reservation.queue,
        // The loan system knows branches by ISIL code; the adapter puts the name in.
        "pickupBranch": "Birkerup Hovedbibliotek",
        "pickupDeadline": reservation.pickup.map(|(until, _)| calendar.iso(until)),
        "pickupNumber": reservation.pickup.map(|(_, number)| number),
        "expiryDate": calendar.iso(reservation.expires),
        "dateOfReservation": calendar.library_moment(reservation.reserved, DURING_OPENING_HOURS),
        "reservationType": "normal",
        "transactionId": format!("t-{number:04}"),
    })
}

pub(super) fn fees(fees: &[Fee], calendar: &Calendar) -> Value {
    fees.iter().zip(1..).map(|(fee, number)| self::fee(fee, number, calendar)).collect()
}

fn fee(fee: &Fee, number: u32, calendar: &Calendar) -> Value {
    json!({
        "feeId": 900_000 + number,
        "type": fee.kind,
        "reasonMessage": fee.reason,
        "amount": fee.amount,
        "creationDate": calendar.iso(fee.created),
        "dueDate": calendar.iso(fee.due),
        "paidDate": fee.paid.map(|day| calendar.iso(day)),
        "payableByClient": fee.payable_by_client,
        "materials": [],
    })
}
