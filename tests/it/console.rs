//! The console's login, its sessions and what other sites can do: nothing (requirements R1, R17, R20, R33 and R47). People
//! come by a provider that says of each what they may.

use std::time::Duration;

use http::{Method, StatusCode};
use overblik_gateway::config::{Config, LoginConfig};
use overblik_tests::{Answer, Browser, Draft, Person, ProviderStandIn, SigningKey};
use serde_json::json;
use url::Url;

use crate::admin::{ANNA, AdminApi, BO, LIBRARIES, US, bundle};

pub(crate) const COOKIE: &str = "__Host-Http-overblik-console";

/// The API with the libraries and the municipality on record, and a console whose people the provider knows.
pub(crate) struct Desk {
    pub(crate) api: AdminApi,
    pub(crate) provider: ProviderStandIn,
}

impl Desk {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub(crate) async fn start_with(adjust: impl FnOnce(&mut Config) + Send + 'static) -> Self {
        let provider = ProviderStandIn::start(SigningKey::es256("first")).await;
        provider.forge(role_of_subject);
        let login = login_at(&provider.issuer);
        let api = AdminApi::start_with(move |config| {
            let admin = config.admin.as_mut().expect("an admin API");
            admin.login = Some(login);
            for (name, operator) in &mut admin.operators {
                operator.subject = operator.person.then(|| format!("operator/{name}"));
            }
            adjust(config);
        })
        .await;
        api.register_authorities().await;
        Self { api, provider }
    }

    /// Somebody's browser; the provider calls them by the role that it says they have, and a name.
    pub(crate) async fn person(&self, subject: &str) -> Browser {
        let (browser, landed) = self.log_in(subject).await;
        assert_eq!(landed.status, StatusCode::OK, "{}", landed.text);
        assert!(browser.cookie(COOKIE).is_some(), "{}", landed.text);
        browser
    }

    pub(crate) async fn log_in(&self, subject: &str) -> (Browser, Answer) {
        let mut browser = self.api.system.browser_at(&self.at());
        let landed = self.log_in_with(&mut browser, subject).await;
        (browser, landed)
    }

    pub(crate) async fn log_in_with(&self, browser: &mut Browser, subject: &str) -> Answer {
        let callback = self.choose(browser, subject).await;
        browser.follow(&callback).await
    }

    /// Begins a login and is somebody at the provider; the address of the callback, not yet visited.
    pub(crate) async fn choose(&self, browser: &mut Browser, subject: &str) -> Url {
        let person = Person { subject: subject.to_owned(), ..Person::default() };
        self.provider.log_in_next(person);
        let begun = browser.get("/console/log-in").await;
        assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", begun.text);
        let sent = browser.send(Method::GET, &begun.location().expect("the provider"), &[], None).await;
        self.here(&sent.location().expect("the callback"))
    }

    pub(crate) fn at(&self) -> Url {
        let address = self.api.system.demo.admin.expect("a listener");
        Url::parse(&format!("http://{address}/")).expect("an address")
    }

    /// An address of ours, where the listener really is.
    fn here(&self, url: &Url) -> Url {
        assert_eq!(url.origin().ascii_serialization(), US);
        let path = format!("{}?{}", url.path(), url.query().unwrap_or_default());
        self.at().join(&path).expect("an address")
    }

    /// Sends a form as the page that was just looked at does.
    pub(crate) async fn send(browser: &mut Browser, path: &str, fields: &[(&str, &str)]) -> Answer {
        Self::send_as(browser, path, fields, &[("sec-fetch-site", "same-origin")]).await
    }

    pub(crate) async fn send_as(
        browser: &mut Browser,
        path: &str,
        fields: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Answer {
        let form: Vec<_> = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let url = browser.at(path);
        browser.send(Method::POST, &url, headers, Some(&form)).await
    }

    pub(crate) async fn stop(self, browsers: &[&Browser]) {
        self.api.system.stop(browsers).await;
    }
}

/// The provider's subjects say what they may: `operator/anna`, `authority:birkerup/lis`.
fn role_of_subject(mut draft: Draft) -> String {
    let subject = draft.claims["sub"].as_str().unwrap_or_default().to_owned();
    draft.claims["aud"] = "console".into();
    draft.claims["overblik_role"] = match subject.rsplit_once('/') {
        Some(("both", _)) => json!(["operator", "authority:birkerup"]),
        Some(("list", _)) => json!(["staff", "operator"]),
        Some((role, _)) => role.into(),
        None => serde_json::Value::Null,
    };
    draft.signed()
}

fn login_at(issuer: &str) -> LoginConfig {
    let login = json!({
        "issuer": issuer, "client_id": "console", "client_secret": "x".repeat(32), "scopes": ["openid", "profile"],
    });
    serde_json::from_value(login).expect("a configuration")
}

/// The record that a page's forms name.
pub(crate) fn record(page: &Answer) -> String {
    let (_, rest) = page.text.split_once("name=\"record\" value=\"").expect("a form");
    rest.split('"').next().unwrap_or_default().to_owned()
}

/// Does what a form on a page does.
pub(crate) async fn click(browser: &mut Browser, page: &str, verb: &str, fields: &[(&str, &str)]) -> Answer {
    let shown = browser.get(page).await;
    assert!(shown.text.contains(&format!("action=\"{page}/{verb}\"")), "{verb} is offered: {}", shown.text);
    let record = record(&shown);
    let fields = [&[("record", record.as_str())], fields].concat();
    let answer = Desk::send(browser, &format!("{page}/{verb}"), &fields).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{verb}: {}", answer.text);
    answer
}

const LIBRARY: &str = "/console/sources/library";
const FIRST: &str = "/console/sources/library/versions/1";

#[tokio::test]
async fn r47_two_people_bring_a_version_to_citizens_by_forms_and_nobody_alone() {
    let desk = Desk::start().await;
    desk.api.push_library().await;
    let mut lis = desk.person("authority:birkerup-libraries/lis").await;
    let mut carl = desk.person("operator/carl").await;
    let mut bo = desk.person("operator/bo").await;
    click(&mut lis, FIRST, "test", &[]).await;
    // Carl, an operator, tests it too: now he has had a hand in it.
    click(&mut carl, FIRST, "test", &[]).await;
    click(&mut lis, FIRST, "submit", &[("share", "100"), ("note", "Nyt: afhentningssted")]).await;

    let shown = carl.get(FIRST).await;
    assert!(
        !shown.text.contains("/approve\"") && shown.text.contains("En anden operatør skal godkende"),
        "{}",
        shown.text
    );
    let seen = record(&shown);
    let alone = Desk::send(&mut carl, &format!("{FIRST}/approve"), &[("record", &seen)]).await;
    assert_eq!(alone.status, StatusCode::FORBIDDEN, "{}", alone.text);
    assert!(alone.text.contains("Det kræver en anden person") && alone.text.contains("four-eyes"), "{}", alone.text);
    let not_hers = Desk::send(&mut lis, &format!("{FIRST}/approve"), &[("record", &seen)]).await;
    assert_eq!(not_hers.status, StatusCode::FORBIDDEN, "{}", not_hers.text);

    let list = bo.get("/console").await;
    assert!(list.text.contains(&format!("<a href=\"{FIRST}\">library · version 1")), "it waits for him: {}", list.text);
    assert!(bo.get(FIRST).await.text.contains("afhentningssted"), "the note is told");
    click(&mut bo, FIRST, "approve", &[]).await;
    click(&mut bo, FIRST, "release", &[("share", "100")]).await;
    let shown = lis.get(LIBRARY).await;
    assert!(shown.text.contains("Vises for borgere") && shown.text.contains("Signe Eksempelsen"), "{}", shown.text);

    // Whoever looked before is told, and nothing is done.
    let stale = Desk::send(&mut lis, &format!("{LIBRARY}/suspend"), &[("record", &seen), ("reason", "Fejl")]).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED, "{}", stale.text);
    assert!(stale.text.contains("Nogen har ændret det"), "{}", stale.text);
    click(&mut lis, LIBRARY, "suspend", &[("reason", "Fejl hos leverandøren"), ("until", "")]).await;
    assert!(bo.get(LIBRARY).await.text.contains("På pause: Fejl hos leverandøren"));
    click(&mut lis, LIBRARY, "resume", &[]).await;
    let window =
        [("from", "2026-12-01T20:00"), ("to", "2026-12-02T04:00"), ("text_da", "Vi flytter"), ("text_en", "We move")];
    click(&mut lis, LIBRARY, "windows", &window).await;
    let planned = bo.get(LIBRARY).await;
    assert!(planned.text.contains("1. december 2026 kl. 20:00 til 2. december 2026 kl. 04:00"), "{}", planned.text);
    assert!(planned.text.contains("Vi flytter"));
    click(&mut bo, LIBRARY, "windows/clear", &[]).await;
    assert!(lis.get(LIBRARY).await.text.contains("Ingen er planlagt."));
    let history = lis.get(&format!("{LIBRARY}/history?lang=en")).await;
    // A name may be chosen; side and id are not.
    assert!(history.text.contains("birkerup-libraries · person:"), "{}", history.text);
    assert!(history.text.contains("Operator · client:bo"), "{}", history.text);
    for said in ["resumed the source", "suspended the source: Fejl", "released version 1 to 100%", "pushed version 1"] {
        assert!(history.text.contains(said), "{said}: {}", history.text);
    }
    desk.stop(&[&lis, &carl, &bo]).await;
}

#[tokio::test]
async fn r47_an_agreement_is_approved_by_a_second_person_and_ended_by_one() {
    let desk = Desk::start().await;
    desk.api.push_library().await;
    let (library, agreement) = (crate::admin::LIBRARY, "agreements/overblik");
    let everywhere = json!({ "municipalities": "all" });
    let proposed =
        desk.api.change(LIBRARIES, "PUT", &format!("{library}/{agreement}"), library, Some(&everywhere)).await;
    assert_eq!(proposed.status, 200, "{}", proposed.body);
    let mut lis = desk.person("authority:birkerup-libraries/lis").await;
    assert!(!lis.get(LIBRARY).await.text.contains(&format!("{agreement}/approve")), "it is not hers to approve");
    let mut bo = desk.person("operator/bo").await;
    assert!(bo.get("/console").await.text.contains("library · aftale med overblik"), "it waits for him");
    click(&mut bo, LIBRARY, &format!("{agreement}/approve"), &[]).await;
    assert!(lis.get(LIBRARY).await.text.contains("Gælder: alle kommuner"));
    click(&mut lis, LIBRARY, &format!("{agreement}/end"), &[("reason", "Aftalen er opsagt")]).await;
    assert!(bo.get(LIBRARY).await.text.contains("afsluttede aftalen med overblik: Aftalen er opsagt"));
    desk.stop(&[&lis, &bo]).await;
}

#[tokio::test]
async fn r47_a_person_with_a_key_and_the_same_person_at_the_console_are_one_pair_of_eyes() {
    let desk = Desk::start().await;
    desk.api.push_library().await;
    // Anna tests with her key, and then looks at it in her browser.
    let answer = desk
        .api
        .change(ANNA, "POST", &format!("{}/1/test", crate::admin::VERSIONS), crate::admin::LIBRARY, Some(&json!({})))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let answer = desk
        .api
        .change(
            LIBRARIES,
            "POST",
            &format!("{}/1/submit", crate::admin::VERSIONS),
            crate::admin::LIBRARY,
            Some(&json!({})),
        )
        .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let mut anna = desk.person("operator/anna").await;
    let shown = anna.get(FIRST).await;
    assert!(!shown.text.contains("/approve\""), "{}", shown.text);
    let seen = record(&shown);
    let alone = Desk::send(&mut anna, &format!("{FIRST}/approve"), &[("record", &seen)]).await;
    assert_eq!(alone.status, StatusCode::FORBIDDEN, "{}", alone.text);
    // Bo is another; the same the other way round: what he did at the console, his key does not approve.
    let mut bo = desk.person("operator/bo").await;
    click(&mut bo, FIRST, "approve", &[]).await;
    let history = desk.api.ask(BO, "GET", "/admin/v1/sources/library/history", &[], None).await;
    assert!(history.body.contains("\"client:bo\"") && !history.body.contains("person:"), "{}", history.body);
    desk.stop(&[&anna, &bo]).await;
}

#[tokio::test]
async fn whoever_types_an_address_is_led_to_the_console_or_told_on_a_page_that_there_is_no_such_one() {
    let desk = Desk::start().await;
    let mut bo = desk.person("operator/bo").await;
    for path in ["/", "/console/"] {
        let answer = bo.get(path).await;
        assert_eq!((answer.status, answer.header("location")), (StatusCode::SEE_OTHER, "/console"), "{path}");
    }
    let mut nobody = desk.api.system.browser_at(&desk.at());
    for path in
        ["/console/nothing", "/console/sources/library/nothing", "/console/sources/", "/console/authorities/a/b/c"]
    {
        for browser in [&mut bo, &mut nobody] {
            let answer = browser.get(path).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}: {}", answer.text);
            assert!(answer.header("content-type").starts_with("text/html"), "{path}: {}", answer.text);
            assert!(answer.header("content-security-policy").contains("default-src"), "{path}");
        }
        assert!(bo.get(path).await.text.contains("Log ud"), "whoever is logged in stays so: {path}");
    }
    // Programs are answered as before.
    let answer = desk.api.raw("GET", "/admin/v1/nothing", &[], "").await;
    assert_eq!(crate::admin::told(&answer), (404, "not-found".to_owned()), "{}", answer.body);
    desk.stop(&[&bo, &nobody]).await;
}

#[tokio::test]
async fn r47_what_somebody_may_is_one_role_that_the_provider_says() {
    let desk = Desk::start().await;
    for subject in ["nobody", "both/eva", "citizen/eva", "authority:/eva", "authority:UPPER/eva", "Operator/eva"] {
        let (browser, answer) = desk.log_in(subject).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{subject}: {}", answer.text);
        assert!(answer.text.contains("no-role") && browser.cookie(COOKIE).is_none(), "{subject}");
    }
    let mut eva = desk.person("list/eva").await;
    assert!(eva.get("/console").await.text.contains("Operatør"), "one of her roles is one here");
    // A token for another client, and a level that is too low, open nothing.
    desk.provider.forge(|mut draft| {
        draft.claims["overblik_role"] = "operator".into();
        draft.signed()
    });
    let (browser, answer) = desk.log_in("operator/eva").await;
    assert!(answer.text.contains("login-refused") && browser.cookie(COOKIE).is_none(), "{}", answer.text);
    desk.provider.forge(|mut draft| {
        draft.claims["acr"] = "https://data.gov.dk/concept/core/nsis/loa/Low".into();
        role_of_subject(draft)
    });
    let (browser, answer) = desk.log_in("operator/eva").await;
    assert!(!answer.status.is_success() && browser.cookie(COOKIE).is_none(), "{}", answer.text);
    desk.stop(&[&eva]).await;
}

#[tokio::test]
async fn no_cpr_number_is_asked_for_kept_or_shown_at_the_console() {
    let desk = Desk::start().await;
    let asked = {
        let mut browser = desk.api.system.browser_at(&desk.at());
        browser.get("/console/log-in").await.location().expect("the provider")
    };
    let scope = asked.query_pairs().find(|(name, _)| name == "scope").map(|(_, scope)| scope.into_owned());
    assert_eq!(scope.as_deref(), Some("openid profile"));
    // The stand-in says it all the same.
    let mut lis = desk.person("authority:birkerup-libraries/lis").await;
    let cpr = overblik_tests::System::citizen("family-signe").cpr.expect("a number");
    assert!(!lis.get("/console").await.text.contains(cpr));
    // That no log line holds it, `stop` looks at.
    desk.stop(&[&lis]).await;
}

#[tokio::test]
async fn r17_a_session_of_the_console_ends_at_logout_when_idle_and_after_a_working_day() {
    let desk = Desk::start().await;
    let lost = "/console/welcome";
    let mut lis = desk.person("authority:birkerup-libraries/lis").await;
    let kept = lis.cookie(COOKIE).expect("a session").to_owned();
    let out = Desk::send(&mut lis, "/console/log-out", &[]).await;
    assert_eq!((out.status, out.header("location")), (StatusCode::SEE_OTHER, "/console/logged-out"));
    assert!(lis.cookie(COOKIE).is_none());
    lis.set_cookie(COOKIE, &kept);
    assert_eq!(lis.get("/console").await.header("location"), lost, "the server ended it, not the browser alone");

    let mut idle = desk.person("authority:birkerup-libraries/lis").await;
    desk.api.pass(Duration::from_mins(14));
    assert_eq!(idle.get("/console").await.status, StatusCode::OK);
    desk.api.pass(Duration::from_mins(14));
    assert_eq!(idle.get("/console").await.status, StatusCode::OK, "whoever works stays");
    desk.api.pass(Duration::from_mins(15));
    assert_eq!(idle.get("/console").await.header("location"), lost);
    desk.stop(&[&lis, &idle]).await;
}

#[tokio::test]
async fn r17_no_session_of_the_console_lasts_longer_than_eight_hours() {
    let desk = Desk::start().await;
    let mut busy = desk.person("authority:birkerup-libraries/lis").await;
    for _ in 0..47 {
        desk.api.pass(Duration::from_mins(10));
        assert_eq!(busy.get("/console").await.status, StatusCode::OK);
    }
    desk.api.pass(Duration::from_mins(10));
    assert_eq!(busy.get("/console").await.header("location"), "/console/welcome");
    desk.stop(&[&busy]).await;
}

#[tokio::test]
async fn r33_what_another_site_makes_a_browser_send_changes_nothing_at_the_console() {
    let desk = Desk::start().await;
    desk.api.push_library().await;
    let mut lis = desk.person("authority:birkerup-libraries/lis").await;
    let seen = record(&lis.get(LIBRARY).await);
    let fields = [("record", seen.as_str()), ("reason", "Ondt")];
    let path = format!("{LIBRARY}/suspend");
    let others: [&[(&str, &str)]; 6] = [
        &[],
        &[("sec-fetch-site", "same-site")],
        &[("sec-fetch-site", "none")],
        &[("origin", "null")],
        &[("origin", "https://evil.example")],
        &[("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "cors")],
    ];
    for headers in others {
        let answer = Desk::send_as(&mut lis, &path, &fields, headers).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{headers:?}: {}", answer.text);
    }
    // The cookie does not come along, and without it nobody asks.
    let answer = Desk::send_as(&mut lis, &path, &fields, &[("sec-fetch-site", "cross-site")]).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    // No picture, script or frame of another page begins a login or loads a page.
    for page in ["/console", "/console/log-in", LIBRARY] {
        let answer = lis.get_with(page, &[("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image")]).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{page}");
    }
    assert!(!lis.get(LIBRARY).await.text.contains("Ondt"));
    let answer = Desk::send_as(&mut lis, &path, &fields, &[("origin", US)]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "the control: {}", answer.text);
    desk.stop(&[&lis]).await;
}

#[tokio::test]
async fn a_login_counts_once_and_in_the_browser_that_began_it() {
    let desk = Desk::start().await;
    let mut lis = desk.api.system.browser_at(&desk.at());
    let begun = lis.get("/console/log-in").await;
    desk.provider.log_in_next(Person { subject: "operator/eva".to_owned(), ..Person::default() });
    let sent = lis.send(Method::GET, &begun.location().expect("the provider"), &[], None).await;
    let callback = desk.here(&sent.location().expect("the callback"));
    let mut other = desk.api.system.browser_at(&desk.at());
    assert!(other.follow(&callback).await.status.is_client_error(), "another browser");
    assert_eq!(lis.follow(&callback).await.status, StatusCode::OK);
    assert!(lis.follow(&callback).await.status.is_client_error(), "once");
    desk.stop(&[&lis, &other]).await;
}

#[tokio::test]
async fn the_checker_s_mistakes_stand_at_their_lines() {
    let desk = Desk::start().await;
    let broken = crate::admin::changed(bundle(LIBRARIES, "library"), "timeoutMs:", "timeoutMsx:");
    let condition = ["if-none-match: *"];
    let answer = desk.api.ask(LIBRARIES, "POST", crate::admin::VERSIONS, &condition, Some(&broken)).await;
    assert_eq!(answer.status, 422, "{}", answer.body);
    let mut lis = desk.person("authority:birkerup-libraries/lis").await;
    let page = lis.get(FIRST).await;
    let (_, at_line) = page.text.split_once("class=\"mistaken\"").expect("a line");
    assert!(
        at_line.starts_with(" id=\"line-35\"><code>")
            && at_line.split("</code>").next().expect("code").contains("timeoutMsx"),
        "{at_line}"
    );
    assert!(page.text.contains("Kladde med fejl") && !page.text.contains("/submit\""), "{}", page.text);
    desk.stop(&[&lis]).await;
}
