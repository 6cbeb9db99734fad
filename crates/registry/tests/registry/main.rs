//! The registry through its own doors.

mod archive;
mod crashes;
mod damage;
mod domains;
mod files;
mod life;
mod random;
mod random_histories;
