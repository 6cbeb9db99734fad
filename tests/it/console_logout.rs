//! Logout of the console at the provider, and our keys there (requirements R6 and R28 to R30).

use http::{Method, StatusCode};
use overblik_tests::{Answer, Browser, Person, SigningKey};
use serde_json::{Value, json};

use crate::console::{COOKIE, Desk};

const DOOR: &str = "/console/backchannel-logout";
const LIS: &str = "authority:birkerup-libraries/lis";

async fn told(desk: &Desk, what: &Value, change: impl FnOnce(&mut Value)) -> Answer {
    let mut draft = desk.provider.logout_draft(what);
    draft.claims["aud"] = "console".into();
    change(&mut draft.claims);
    bring(desk, &draft.signed()).await
}

async fn bring(desk: &Desk, token: &str) -> Answer {
    let mut server = desk.api.system.browser_at(&desk.at());
    let url = server.at(DOOR);
    server.send(Method::POST, &url, &[], Some(&[("logout_token".to_owned(), token.to_owned())])).await
}

async fn is_in(browser: &mut Browser) -> bool {
    let answer = browser.get("/console").await;
    assert!(answer.status == StatusCode::OK || answer.header("location") == "/console/welcome", "{}", answer.text);
    answer.status == StatusCode::OK
}

#[tokio::test]
async fn r28_the_provider_s_logout_ends_what_its_session_or_its_person_has_at_the_console_and_nobody_else_s() {
    let desk = Desk::start().await;
    let mut anna = desk.person("operator/anna").await;
    let mut lis = desk.person(LIS).await;
    // By the subject: also of whoever acts under the name of a key of theirs.
    let done = told(&desk, &json!({ "sub": "operator/anna" }), |_| {}).await;
    assert_eq!((done.status, done.text.as_str(), done.header("cache-control")), (StatusCode::OK, "", "no-store"));
    assert!(!is_in(&mut anna).await && is_in(&mut lis).await);
    // By the provider's session alone, which both share with everybody whom the stand-in logs in.
    let session = Person::default().session;
    assert_eq!(told(&desk, &json!({ "sid": session }), |_| {}).await.status, StatusCode::OK);
    assert!(!is_in(&mut lis).await);
    assert!(desk.api.system.log().contains("logged out at the identity provider"));
    desk.stop(&[&anna, &lis]).await;
}

#[tokio::test]
async fn r28_what_is_no_logout_token_for_the_console_ends_nothing_and_a_citizens_logout_none_here() {
    let desk = Desk::start().await;
    let mut lis = desk.person(LIS).await;
    let of_lis = json!({ "sub": LIS });
    let wrong: [fn(&mut Value); 4] = [
        |claims| claims["aud"] = "overblik-demo".into(),
        |claims| claims["iss"] = "https://evil.example".into(),
        |claims| claims["events"] = json!({}),
        |claims| claims["nonce"] = "n".into(),
    ];
    for change in wrong {
        let answer = told(&desk, &of_lis, change).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.text);
        assert!(answer.text.contains("logout-token-refused"), "{}", answer.text);
    }
    let mut forged = desk.provider.logout_draft(&of_lis);
    forged.claims["aud"] = "console".into();
    forged.key = SigningKey::es256("first").into();
    assert_eq!(bring(&desk, &forged.signed()).await.status, StatusCode::BAD_REQUEST);
    // The citizens' door does not take the console's token, nor the console's door the citizens'.
    let mut draft = desk.provider.logout_draft(&of_lis);
    draft.claims["aud"] = "console".into();
    assert_ne!(desk.api.system.bring_logout(&draft.signed()).await.status, StatusCode::OK);
    assert!(is_in(&mut lis).await, "she is in all the while");
    desk.stop(&[&lis]).await;
}

#[tokio::test]
async fn r30_a_logout_that_overtakes_a_login_at_the_console_wins() {
    let desk = Desk::start().await;
    let done = told(&desk, &json!({ "sub": LIS }), |_| {}).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    let (browser, landed) = desk.log_in(LIS).await;
    assert!(!landed.status.is_success() && browser.cookie(COOKIE).is_none(), "{}", landed.text);
    let ole = desk.person("authority:birkerup/ole").await;
    desk.stop(&[&browser, &ole]).await;
}

#[tokio::test]
async fn r6_the_console_s_keys_at_its_provider_are_published_where_it_fetches_them() {
    let desk = Desk::start().await;
    let mut server = desk.api.system.browser_at(&desk.at());
    assert_eq!(server.get("/console/jwks.json").await.status, StatusCode::NOT_FOUND, "a secret has no public half");
    desk.stop(&[&server]).await;

    let keys = crate::client_authentication::key_file();
    let path = keys.path().to_owned();
    let desk = Desk::start_with(move |config| {
        let login = config.admin.as_mut().and_then(|admin| admin.login.as_mut()).expect("a login");
        login.client_secret = None;
        login.client_keys_file = Some(path);
    })
    .await;
    let mut lis = desk.person(LIS).await;
    assert!(is_in(&mut lis).await, "she is let in by the key");
    let asked = desk.provider.received("/token").pop().expect("a request");
    let published = lis.get("/console/jwks.json").await;
    assert_eq!(published.header("content-type"), "application/jwk-set+json");
    let published: Value = serde_json::from_str(&published.text).expect("keys");
    let [_, claims] = overblik_tests::verified(asked.field("client_assertion"), &published).expect("signed by it");
    assert_eq!(claims["iss"], "console");
    assert!(published["keys"][0].get("d").is_none(), "{published}");
    desk.stop(&[&lis]).await;
}
