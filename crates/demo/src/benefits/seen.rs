//! The numbers of the latest requests.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

/// How many are remembered; the oldest go first.
const REMEMBERED: usize = 1000;

/// Numbers that requests have had.
#[derive(Default)]
pub(super) struct SeenNumbers(Mutex<VecDeque<String>>);

impl SeenNumbers {
    /// Whether a number comes for the first time; from now on it does not.
    pub(super) fn is_new(&self, number: &str) -> bool {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.iter().any(|earlier| earlier == number) {
            return false;
        }
        if seen.len() == REMEMBERED {
            seen.pop_front();
        }
        seen.push_back(number.to_owned());
        true
    }
}
