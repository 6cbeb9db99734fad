//! Whole-system tests: everything goes through the doors that citizens, apps and operators use.

#[cfg(test)]
mod cancellation;
#[cfg(test)]
mod distinctive;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod isolation;
#[cfg(test)]
mod overview_json;
#[cfg(test)]
mod overview_stream;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod wrong_person;
