// Requirement R58: whoever acts for another gets a new scope; nobody switches the person within one.

use overblik_connectors::{Citizen, CitizenScope};

fn switch(scope: &mut CitizenScope, other: Citizen) {
    scope.0.subject = other;
}

fn switch_borrowed(scope: &mut CitizenScope, other: Citizen) {
    *scope.subject() = other;
}

fn main() {}
