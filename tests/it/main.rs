//! Whole-system tests: everything goes through the doors that citizens, apps and operators use.

mod overview_json;
