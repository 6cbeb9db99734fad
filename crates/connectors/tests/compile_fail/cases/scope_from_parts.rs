// Requirement R50: only authentication opens a scope.

use std::sync::Arc;

use overblik_connectors::{Authentication, Citizen, CitizenScope};

fn from_parts(authentication: Authentication) -> CitizenScope {
    CitizenScope(Arc::new(authentication))
}

fn is_made_from<T: From<F>, F>() {}

fn is_made_of_nothing<T: Default>() {}

fn main() {
    is_made_from::<CitizenScope, Citizen>();
    is_made_from::<CitizenScope, Authentication>();
    is_made_of_nothing::<CitizenScope>();
}
