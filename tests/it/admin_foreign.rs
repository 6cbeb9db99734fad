//! Who sees what at the admin API: an authority its own, and of everything else not even that it is there (requirement R46).
//! The verbs come from the published description, which is made from the table of routes: none can be forgotten.

use std::fs;

use overblik_tests::{RawAnswer, repository};
use serde_json::{Value, json};

use crate::admin::{ANNA, AdminApi, BIRKERUP, LIBRARIES, bundle, of, told};

const FILE: &str = "contracts/schemas/admin.openapi.json";

/// What can be asked about something that has a name.
struct Verb {
    method: String,
    path: String,
    body: Option<Value>,
    changes: bool,
}

impl Verb {
    fn all() -> Vec<Self> {
        let described: Value = serde_json::from_str(&overblik_gateway::admin::description()).expect("JSON");
        let paths = described["paths"].as_object().expect("paths");
        let verbs = paths.iter().flat_map(|(path, operations)| {
            operations.as_object().expect("operations").iter().map(move |(method, operation)| {
                let parameters = operation["parameters"].as_array().expect("parameters");
                Self {
                    method: method.to_uppercase(),
                    path: path.clone(),
                    body: operation.pointer("/requestBody/content/application~1json/example").cloned(),
                    changes: parameters.iter().any(|parameter| parameter["name"] == "If-Match"),
                }
            })
        });
        verbs.collect()
    }

    fn about(&self, source: &str, authority: &str) -> String {
        let named =
            [("{source}", source), ("{authority}", authority), ("{version}", "1"), ("{display_client}", "overblik")];
        let path = named.iter().fold(self.path.clone(), |path, (name, value)| path.replace(name, value));
        if self.path.ends_with("/diff") { format!("{path}?from=1&to=1") } else { path }
    }

    fn has_a_name(&self) -> bool {
        self.path.contains("{source}") || self.path.contains("{authority}")
    }
}

/// What two answers may not differ in: all but their names in the log and the time.
fn seen(answer: &RawAnswer) -> (String, String) {
    let lines = answer.head.lines().filter(|line| !line.starts_with("x-request-id:") && !line.starts_with("date:"));
    (lines.collect::<Vec<_>>().join("\n"), answer.body.clone())
}

#[test]
fn the_published_description_is_the_generated_one() {
    let published = fs::read_to_string(repository().join(FILE)).unwrap_or_default();
    assert!(
        published.trim_end() == overblik_gateway::admin::description(),
        "{FILE} is out of date; write it anew with\n  cargo run -- schema admin > {FILE}"
    );
}

#[tokio::test]
async fn r46_a_thing_of_another_authority_is_answered_to_the_byte_like_one_that_there_is_not() {
    let api = AdminApi::with_authorities().await;
    let pushed = ["/admin/v1/sources/daycare/versions", "if-none-match: *"];
    let answer = api.ask(BIRKERUP, "POST", pushed[0], &[pushed[1]], Some(&bundle(BIRKERUP, "daycare"))).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let source = api.etag(BIRKERUP, "/admin/v1/sources/daycare").await;
    let authority = api.etag(BIRKERUP, "/admin/v1/authorities/birkerup").await;
    let token = api.token(LIBRARIES).await;
    let verbs: Vec<_> = Verb::all().into_iter().filter(Verb::has_a_name).collect();
    assert!(verbs.len() >= 29, "{}", verbs.len());
    for verb in &verbs {
        let right = format!("if-match: {}", if verb.path.contains("{source}") { &source } else { &authority });
        let conditions: &[&[&str]] =
            if verb.changes { &[&[&right], &["if-match: \"0\""], &["if-none-match: *"], &[]] } else { &[&[]] };
        let empty = json!({});
        for condition in conditions {
            for body in [verb.body.as_ref(), Some(&empty)] {
                let ask = async |source, authority| {
                    let path = verb.about(source, authority);
                    api.with(&token, &verb.method, &path, condition, body).await
                };
                let foreign = ask("daycare", "birkerup").await;
                let what = format!("{} {} {condition:?}", verb.method, verb.path);
                // Whoever takes a new name is told whether it is taken: names are one for all authorities.
                let takes_a_name = verb.path.ends_with("/versions") && *condition == ["if-none-match: *"];
                if !takes_a_name {
                    assert_eq!(seen(&foreign), seen(&ask("nothing", "nobody").await), "{what}");
                }
                if body == verb.body.as_ref() && (!verb.changes || !condition.is_empty()) {
                    assert_eq!(told(&foreign), (404, "not-found".to_owned()), "{what}");
                }
            }
        }
    }
    assert_eq!(api.etag(BIRKERUP, "/admin/v1/sources/daycare").await, source, "nothing has changed");
    assert_eq!(api.etag(BIRKERUP, "/admin/v1/authorities/birkerup").await, authority);

    // The control: whose it is, and an operator, are never told that there is no such thing.
    for client in [BIRKERUP, ANNA] {
        for verb in verbs.iter().filter(|verb| !verb.changes && !verb.path.ends_with("/report")) {
            let path = verb.about("daycare", "birkerup");
            let answer = api.ask(client, &verb.method, &path, &[], verb.body.as_ref()).await;
            assert_eq!(answer.status, 200, "{client}: {} {path} {}", verb.method, answer.body);
        }
    }
    let mut changing: Vec<_> = verbs.iter().filter(|verb| verb.changes && verb.path.contains("{source}")).collect();
    changing.sort_by_key(|verb| {
        (verb.path.ends_with("/sources/{source}/retire"), verb.path.contains("agreements/{display_client}/"))
    });
    for verb in changing {
        let path = verb.about("daycare", "birkerup");
        let answer = api.change(BIRKERUP, &verb.method, &path, "/admin/v1/sources/daycare", verb.body.as_ref()).await;
        assert!(!answer.body.contains("it is not yours"), "{} {path} {}", verb.method, answer.body);
    }
    api.stop().await;
}

/// Each of these is asked in the test below or opens nothing: a new one must be thought about there.
#[test]
fn r46_what_names_nothing_is_known() {
    let unnamed: Vec<_> = Verb::all().into_iter().filter(|verb| !verb.has_a_name()).map(|verb| verb.path).collect();
    let known =
        ["authorities", "history", "history/verify", "openapi.json", "sources", "statistics", "token", "waiting"]
            .map(|name| format!("/admin/v1/{name}"));
    assert_eq!(unnamed, known);
}

#[tokio::test]
async fn r46_lists_hold_what_is_the_caller_s_and_the_whole_history_is_for_operators() {
    let api = AdminApi::with_authorities().await;
    let path = "/admin/v1/sources/daycare/versions";
    api.ask(BIRKERUP, "POST", path, &["if-none-match: *"], Some(&bundle(BIRKERUP, "daycare"))).await;
    api.push_library().await;
    let names = async |client, list: &str, name: &str| -> Vec<String> {
        let listed = of(&api.ask(client, "GET", &format!("/admin/v1/{list}"), &[], None).await);
        let items = listed["items"].as_array().expect("items").iter();
        items.map(|item| item[name].as_str().expect("a name").to_owned()).collect()
    };
    assert_eq!(names(LIBRARIES, "sources", "source").await, ["library"]);
    assert_eq!(names(BIRKERUP, "sources", "source").await, ["daycare"]);
    assert_eq!(names(ANNA, "sources", "source").await, ["daycare", "library"]);
    assert_eq!(names(LIBRARIES, "authorities", "authority").await, ["birkerup-libraries"]);
    assert_eq!(names(ANNA, "authorities", "authority").await, ["birkerup", "birkerup-libraries"]);

    let token = api.token(LIBRARIES).await;
    let nowhere = api.with(&token, "GET", "/admin/v1/nowhere", &[], None).await;
    for path in [
        "/admin/v1/waiting",
        "/admin/v1/history",
        "/admin/v1/history?after=1",
        "/admin/v1/history/verify",
        "/admin/v1/statistics",
        "/admin/v1/statistics?by=month",
    ] {
        let answer = api.with(&token, "GET", path, &[], None).await;
        assert_eq!((answer.status, &answer.body), (404, &nowhere.body), "{path}");
    }
    let history = of(&api.ask(ANNA, "GET", "/admin/v1/history?after=4", &[], None).await);
    let kinds: Vec<_> =
        history["records"].as_array().expect("records").iter().map(|one| &one["change"]["kind"]).collect();
    assert_eq!(kinds, ["pushed", "pushed"]);

    let foreign_name =
        api.ask(LIBRARIES, "POST", path, &["if-none-match: *"], Some(&bundle(BIRKERUP, "daycare"))).await;
    assert_eq!(told(&foreign_name), (404, "not-found".to_owned()), "the name is another's");
    api.stop().await;
}
