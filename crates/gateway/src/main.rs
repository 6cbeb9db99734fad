//! The `overblik` command; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    overblik_gateway::cli::run()
}
