// Requirement R59: a person number has no text of its own.

use overblik_connectors::Cpr;

fn shown(cpr: &Cpr) -> String {
    format!("{cpr}")
}

fn as_text(cpr: &Cpr) -> String {
    cpr.to_string()
}

fn main() {}
