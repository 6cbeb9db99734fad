//! Native apps: an access token of the identity provider in the place of a session cookie (requirements R15 and R16).
//!
//! 1. `shown` finds the token that a request shows, and refuses a request that says otherwise too who sent it.
//! 2. `admission` holds the token against what it must be and makes a viewer of it; `tokens` verifies it.
//! 3. `proof` verifies that a token bound to a key is shown by whoever holds the key, with a `nonce` of ours.
//! 4. `challenge` tells an app that was refused what it lacks, and nothing about why.
//!
//! Nothing of a token is kept. What is fetched for it belongs to a keyed hash of it, and ends with it.

mod admission;
mod challenge;
mod nonce;
mod proof;
#[cfg(test)]
mod proof_tests;
mod shown;

pub(crate) use admission::{Established, admit, check_holder, establish};
pub(crate) use challenge::add_challenges;
pub(crate) use proof::PRIVATE_MEMBERS;
pub(crate) use shown::{Scheme, Shown};
