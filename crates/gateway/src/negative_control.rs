//! The gateway with a deliberate defect, which the storm's control run must find. Built by its feature only.

fn main() -> std::process::ExitCode {
    overblik_gateway::cli::run()
}
