//! Tests that take the whole machine, one after the other: several gateway processes over one Redis, hundreds of citizens.

#[cfg(test)]
mod r57;
#[cfg(test)]
mod r61;
#[cfg(test)]
mod town;
#[cfg(test)]
mod two_processes;
