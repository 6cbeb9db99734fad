//! The `overblik` command; everything is in the library.

use std::process::ExitCode;

/// What a crowd needed goes back to the operating system when it has left (docs/decisions/0032-the-allocator.md).
#[global_allocator]
static ALLOCATOR: overblik_allocator::MiMalloc = overblik_allocator::MiMalloc;

fn main() -> ExitCode {
    overblik_gateway::cli::run()
}
