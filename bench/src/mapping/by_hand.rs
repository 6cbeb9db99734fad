//! The mapping of `bills.yaml`, as one would write it for this source alone.

use std::collections::BTreeMap;

use overblik_widgets::{Date, Link, Money, Payment, PaymentStatus, Widget};
use serde_json::Value;

/// Names of offices by their key.
pub(crate) type Offices = BTreeMap<String, String>;

/// What the look-up found.
pub(crate) fn offices(answer: &Value) -> Offices {
    let entries = answer["offices"].as_array().expect("a list");
    entries.iter().filter_map(|entry| Some((text(entry, "id")?, text(entry, "name")?))).collect()
}

/// The widgets of an answer, by the day they fall due.
pub(crate) fn widgets(answer: &Value, offices: &Offices) -> Vec<Widget> {
    let bills = answer.get("bills").and_then(Value::as_array).expect("a list");
    let mut payments: Vec<Payment> = bills.iter().filter_map(|bill| payment(bill, offices)).collect();
    payments.sort_by_key(|payment| (payment.due_on.is_none(), payment.due_on));
    payments.into_iter().map(Widget::Payment).collect()
}

fn payment(bill: &Value, offices: &Offices) -> Option<Payment> {
    let (what, about) = (text(bill, "text"), bill.get("about").and_then(|about| text(about, "name")));
    let title = match (what, about) {
        (Some(what), Some(about)) => format!("{what}, {about}"),
        (what, about) => what.or(about)?,
    };
    let amount = Money::from_decimal(&bill.get("amount")?.as_number()?.to_string()).ok()?;
    let link = bill.get("links").and_then(|links| links.get(0)).and_then(|link| link.get("href"));
    Some(Payment {
        title,
        creditor: bill.get("office").and_then(Value::as_str).and_then(|office| offices.get(office)).cloned(),
        amount,
        remaining: bill.get("left").and_then(Value::as_str).and_then(|left| Money::from_danish(left).ok()),
        status: bill.get("status").and_then(Value::as_str).map(status),
        due_on: date(bill, "due"),
        paid_on: date(bill, "paid"),
        link: link.and_then(Value::as_str).and_then(|address| Link::checked(address, &["birkerup.example"]).ok()),
    })
}

fn status(code: &str) -> PaymentStatus {
    match code {
        "KOM" => PaymentStatus::Coming,
        "BET" => PaymentStatus::Paid,
        "OVS" => PaymentStatus::Overdue,
        "GST" => PaymentStatus::SentToDebtAgency,
        other => panic!("no such status in this answer: {other}"),
    }
}

fn text(holder: &Value, key: &str) -> Option<String> {
    let text = holder.get(key)?.as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn date(holder: &Value, key: &str) -> Option<Date> {
    holder.get(key)?.as_str()?.parse().ok()
}
