//! The demo world from outside: everything here goes over the wire.

#[cfg(test)]
mod appointments;
#[cfg(test)]
mod benefits;
#[cfg(test)]
mod cases;
#[cfg(test)]
mod child_book;
#[cfg(test)]
mod contracts;
#[cfg(test)]
mod control;
#[cfg(test)]
mod deadlines;
#[cfg(test)]
mod exchange;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod login;
#[cfg(test)]
mod mailbox;
#[cfg(test)]
mod own_tokens;
#[cfg(test)]
mod privacy;
#[cfg(test)]
mod visitor;
