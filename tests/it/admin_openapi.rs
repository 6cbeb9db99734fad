//! The description of the admin API under Schemathesis: every check, in the name of people and programs of both sides.

use std::{collections::BTreeSet, fs, path::Path};

use overblik_tests::repository;

use crate::{
    admin::{ANNA, AdminApi, BIRKERUP, LIBRARIES, ROBOT, bundle},
    openapi::{Identity, assert_tried, try_described},
};

/// How many operations the description has, at least.
const OPERATIONS: usize = 38;

/// What no schema says is allowed for. What somebody looked at before a change: 412, and 428 where they do not say it. Of a
/// body, and of two parameters that go together, what a type cannot say, such as that a line holds no person's number: 400.
const CHECKS: &str = r#"
[checks]
positive_data_acceptance.expected-statuses = ["2xx", "401", "403", "404", "409", "412", "428", "429", "503"]
negative_data_rejection.expected-statuses = ["400", "401", "403", "404", "405", "406", "409", "412", "415", "422", "428", "429"]
missing_required_header.expected-statuses = ["400", "401", "403", "404", "406", "415", "422", "428"]

[[operations]]
include-method = ["POST", "PUT"]
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "403", "404", "409", "412", "422", "428", "429", "503"]

[[operations]]
include-path-regex = "(/statistics|/history/verify)$"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "401", "403", "404", "429", "503"]
"#;

/// By chance somebody may name the right state of a version, and the kit runs.
const KIT: [&str; 2] = ["--request-timeout", "180"];

/// How a body of lines is sent: the tool knows no such form.
const LINES: &str = "import schemathesis\nschemathesis.serializer.alias('application/x-ndjson', 'text/plain')\n";

/// Settings for whoever asks, about a source and an authority: names by chance would only ever be "not found".
fn settings(hooks: &Path, token: String, source: &str, authority: &str) -> String {
    format!(
        "hooks = \"{}\"\n[parameters]\n\"path.source\" = \"{source}\"\n\"path.authority\" = \"{authority}\"\n\"path.version\" = 1\n\
         \"path.display_client\" = \"overblik\"\n{}{CHECKS}",
        hooks.display(),
        Identity::Token(token).setting(),
    )
}

#[tokio::test]
async fn r46_r47_the_description_holds_for_people_and_programs_of_both_sides() {
    let api = AdminApi::start_with(|config| {
        config.limits.requests_per_client = None;
        config.limits.requests_per_address = None;
    })
    .await;
    api.register_authorities().await;
    api.push_library().await;
    let pushed = api
        .ask(
            BIRKERUP,
            "POST",
            "/admin/v1/sources/daycare/versions",
            &["if-none-match: *"],
            Some(&bundle(BIRKERUP, "daycare")),
        )
        .await;
    assert_eq!(pushed.status, 201, "{}", pushed.body);
    let hooks = api.folder.path().join("lines.py");
    fs::write(&hooks, LINES).expect("written");
    let description = format!("{}admin/v1/openapi.json", api.at());
    // A person of the operators', a program of theirs, each authority's about its own, and one about the other's.
    for (client, source, authority) in [
        (ANNA, "library", "birkerup-libraries"),
        (ROBOT, "daycare", "birkerup"),
        (LIBRARIES, "library", "birkerup-libraries"),
        (BIRKERUP, "library", "birkerup-libraries"),
    ] {
        let token = api.token(client).await;
        let said = try_described(&description, &settings(&hooks, token, source, authority), &KIT).await;
        assert_tried(&said, OPERATIONS);
    }
    // The control: they came in, and most of what there is to read was read.
    let log = api.system.log();
    let answered: Vec<serde_json::Value> = log.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let of_status = |status: u64| -> BTreeSet<&str> {
        let of = answered.iter().filter(|line| line["status"] == status);
        of.filter_map(|line| line["route"].as_str()).collect()
    };
    let (read, refused) = (of_status(200), of_status(401));
    assert!(read.len() >= 14, "{read:?}");
    assert!(refused.len() >= 30, "whoever shows no token: {refused:?}");
    for (client, source) in [(LIBRARIES, "library"), (BIRKERUP, "daycare")] {
        let path = format!("/admin/v1/sources/{source}/versions/1");
        assert_eq!(api.ask(client, "GET", &path, &[], None).await.status, 200, "{source} is still there");
    }
    api.stop().await;
}

#[test]
fn the_published_description_of_the_admin_api_says_how_a_token_is_had() {
    let published = fs::read_to_string(repository().join("contracts/schemas/admin.openapi.json")).expect("published");
    let document: serde_json::Value = serde_json::from_str(&published).expect("JSON");
    let token = &document["paths"]["/admin/v1/token"]["post"];
    let form = &token["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"];
    assert_eq!(form["required"], serde_json::json!(["grant_type", "client_assertion_type", "client_assertion"]));
    let problem = &document["components"]["schemas"]["TokenRefusal"];
    assert!(problem["required"].as_array().is_some_and(|members| members.contains(&"error".into())), "{problem}");
}
