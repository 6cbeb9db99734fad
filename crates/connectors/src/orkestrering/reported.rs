//! Errors that a source reports inside its answer: a domain index or a staging component answers for several systems.

use overblik_widgets::{Problem, ProblemType};
use serde_json::Value;

use crate::declared::is_bare;

/// What a respelled answer says went wrong, each thing once. Nothing of the source's own words is kept.
pub(crate) fn reported(answer: &Value) -> Vec<Problem> {
    let mut problems = Vec::new();
    let errors = match answer.get("fejl") {
        None => &[],
        Some(Value::Array(errors)) => errors.as_slice(),
        Some(nothing) if is_bare(nothing) => &[],
        Some(one) => std::slice::from_ref(one),
    };
    for problem in errors.iter().map(problem) {
        if !problems.contains(&problem) {
            problems.push(problem);
        }
    }
    problems
}

/// One error; also what cannot be read as one says that something is missing.
fn problem(error: &Value) -> Problem {
    // RFC 7807 lets a type be a relative reference.
    let name = error.get("type").and_then(Value::as_str).and_then(|name| name.rsplit('/').next());
    let problem_type = match name.unwrap_or_default() {
        "Data-source-timeout-error" => ProblemType::SourceTimeout,
        "Data-source-internal-error" => ProblemType::SourceInternal,
        "Data-source-security-error" => ProblemType::SourceSecurity,
        "Data-source-format-error" => ProblemType::SourceFormat,
        "Data-validation-error" => ProblemType::DataValidation,
        "Circuit-breaker-error" => ProblemType::CircuitBreaker,
        // Also `Data-source-error`, and what is about the call and not the data: agreements and parameters.
        _ => ProblemType::SourceError,
    };
    let problem = Problem::new(problem_type);
    let status = error.get("status").and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok());
    match status.filter(|status| problem_type == ProblemType::SourceError && (400..600).contains(status)) {
        Some(status) => problem.with_status(status),
        None => problem,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_published_type_has_its_problem_and_no_error_is_passed_over() {
        let of = |error: Value| reported(&json!({ "fejl": [error] }));
        for (name, problem_type) in [
            ("Data-source-timeout-error", ProblemType::SourceTimeout),
            ("Data-source-internal-error", ProblemType::SourceInternal),
            ("Data-source-security-error", ProblemType::SourceSecurity),
            ("Data-source-format-error", ProblemType::SourceFormat),
            ("Data-validation-error", ProblemType::DataValidation),
            ("Circuit-breaker-error", ProblemType::CircuitBreaker),
            ("/errors/Circuit-breaker-error", ProblemType::CircuitBreaker),
        ] {
            assert_eq!(of(json!({ "type": name, "status": 999 })), [Problem::new(problem_type)], "{name}");
        }
        let error = || Problem::new(ProblemType::SourceError);
        assert_eq!(of(json!({ "type": "Data-source-error", "status": 503 })), [error().with_status(503)]);
        assert_eq!(of(json!({ "type": "Agreement-error", "status": 500 })), [error().with_status(500)]);
        for odd in [json!({ "type": "x" }), json!({ "status": 200 }), json!("x"), json!(null), json!({ "type": 7 })] {
            assert_eq!(of(odd.clone()), [error()], "{odd}");
        }
        assert_eq!(reported(&json!({ "fejl": { "type": "x" } })), [error()], "not in a list");
    }

    #[test]
    fn one_thing_is_told_once_and_nothing_is_nothing() {
        let error = json!({ "type": "Data-source-timeout-error" });
        assert_eq!(reported(&json!({ "fejl": vec![error; 1_000] })).len(), 1);
        for nothing in [json!({}), json!({ "fejl": [] }), json!({ "fejl": null }), json!({ "fejl": "" })] {
            assert_eq!(reported(&nothing), [], "{nothing}");
        }
    }
}
