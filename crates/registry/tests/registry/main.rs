//! The registry through its own doors.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::string_slice,
    reason = "what a test needs and does not find is its failure, and a random test tells its seed"
)]

mod archive;
mod crashes;
mod damage;
mod domains;
mod files;
mod life;
mod random;
mod random_histories;
mod service;
