//! Where traces go, and how many.

use super::super::traces::TracesConfig;

pub(super) fn contradictions(traces: &TracesConfig, wrong: &mut impl FnMut(bool, &str, &str, &str)) {
    let endpoint = &traces.endpoint;
    wrong(
        !super::is_secure(endpoint, true),
        "traces.endpoint",
        "must be https",
        "http is for a collector on this machine alone, as http://127.0.0.1:4318/v1/traces",
    );
    wrong(
        !endpoint.username().is_empty() || endpoint.password().is_some() || endpoint.fragment().is_some(),
        "traces.endpoint",
        "holds a user, a password or a fragment",
        "write the address alone, as https://collector.example/v1/traces",
    );
    wrong(
        traces.ca_file.is_some() && endpoint.scheme() != "https",
        "traces.ca_file",
        "is set, and traces.endpoint is not https",
        "whoever is asked without TLS shows no certificate: leave it out, or write the https address",
    );
    wrong(
        !(0.0..=1.0).contains(&traces.share),
        "traces.share",
        "is no share",
        "0 sends none, 0.1 sends those of one overview in ten, 1 sends all",
    );
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn places(endpoint: &str, share: f64) -> Vec<String> {
        places_with(endpoint, share, None)
    }

    fn places_with(endpoint: &str, share: f64, ca_file: Option<PathBuf>) -> Vec<String> {
        let mut places = Vec::new();
        let endpoint = endpoint.parse().expect("an address");
        let traces = TracesConfig { endpoint, share, ca_file, headers_file: None };
        contradictions(&traces, &mut |is_wrong, place, _, _| places.extend(is_wrong.then(|| place.to_owned())));
        places
    }

    #[test]
    fn traces_leave_the_machine_under_tls_alone() {
        assert_eq!(places("http://collector.example/v1/traces", 1.0), ["traces.endpoint"]);
        assert_eq!(places("https://somebody@collector.example/v1/traces", 1.0), ["traces.endpoint"]);
        for good in ["https://collector.example/v1/traces", "http://127.0.0.1:4318/v1/traces"] {
            assert!(places(good, 0.0).is_empty() && places(good, 1.0).is_empty(), "{good}");
            assert_eq!(places(good, 1.1), ["traces.share"]);
            assert_eq!(places(good, f64::NAN), ["traces.share"]);
        }
        let issuers = || Some(PathBuf::from("issuers.pem"));
        assert!(places_with("https://collector.example/v1/traces", 1.0, issuers()).is_empty());
        assert_eq!(places_with("http://127.0.0.1:4318/v1/traces", 1.0, issuers()), ["traces.ca_file"]);
    }
}
