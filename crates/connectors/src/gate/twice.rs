//! Asking once more when an answer is late, where the contract allows it: the first usable answer counts, and the other
//! call is dropped. An answer that cuts the source off counts at once, whichever it is.

use futures::{
    FutureExt,
    future::{Either, select},
};
use tokio::time::sleep_until;

use super::{
    asking::{Came, call},
    pass::Pass,
};
use crate::connector::{Connector, FetchRequest};

/// What came of a call, or of the better of two.
pub(super) async fn first_usable<'a>(connector: &'a dyn Connector, request: FetchRequest, pass: Pass<'a>) -> Came<'a> {
    let gate = connector.gate();
    let begun = pass.ticket.begun;
    let Some(late) = gate.late().filter(|_| request.may_ask_twice) else { return call(connector, request, pass).await };
    let again = request.clone();
    let first = call(connector, request, pass).boxed();
    let late = std::pin::pin!(sleep_until(begun + late));
    let first = match select(first, late).await {
        Either::Left((came, _)) => return came,
        Either::Right(((), first)) => first,
    };
    let Some(second) = gate.enter_again() else { return first.await };
    let second = call(connector, again, second).boxed();
    let (came, other, is_second) = match select(first, second).await {
        Either::Left((came, second)) => (came, second, false),
        Either::Right((came, first)) => (came, first, true),
    };
    if is_decisive(&came) {
        if is_second {
            // Otherwise the slowest answers would go missing from what is called late.
            gate.note_late(begun.elapsed());
        }
        return came;
    }
    let rest = other.await;
    // Of two failures the earlier is told, and counts once.
    if is_decisive(&rest) { rest } else { came }
}

fn is_decisive((result, _): &Came<'_>) -> bool {
    match result {
        Ok(_) => true,
        Err(error) => error.cuts_off(),
    }
}
