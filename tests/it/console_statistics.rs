//! The console's page of a source's statistics: what was counted, for those whose source it is.

use http::StatusCode;
use overblik_tests::section;
use serde_json::json;

use crate::{
    admin::{ANNA, BO, LIBRARIES, LIBRARY},
    console::Desk,
};

const PAGE: &str = "/console/sources/library/statistics";

#[tokio::test]
async fn r46_an_authority_sees_what_was_counted_of_its_own_source_and_of_others_not_that_they_are_there() {
    let desk = Desk::start().await;
    desk.api.push_library().await;
    for (client, method, what, body) in [
        (LIBRARIES, "POST", "versions/1/test", Some(json!({}))),
        (LIBRARIES, "POST", "versions/1/submit", Some(json!({}))),
        (ANNA, "POST", "versions/1/approve", None),
        (BO, "POST", "versions/1/release", Some(json!({ "share": 100 }))),
        (LIBRARIES, "PUT", "agreements/overblik", Some(json!({ "municipalities": "all" }))),
        (ANNA, "POST", "agreements/overblik/approve", None),
    ] {
        let answer = desk.api.change(client, method, &format!("{LIBRARY}/{what}"), LIBRARY, body.as_ref()).await;
        assert_eq!(answer.status, 200, "{what}: {}", answer.body);
    }
    let mut lis = desk.person("authority:birkerup-libraries/lis").await;
    let linked = lis.get("/console/sources/library").await;
    assert!(linked.text.contains(&format!("href=\"{PAGE}\"")), "{}", linked.text);
    let none = lis.get(PAGE).await;
    assert_eq!(
        (none.status, none.text.matches("Der er ikke talt noget.").count()),
        (StatusCode::OK, 2),
        "{}",
        none.text
    );
    assert!(!none.text.contains("<svg"), "{}", none.text);

    desk.api.system.until("the library is asked", |demo| !demo.app.connectors().sources().is_empty()).await;
    let mut citizen = desk.api.system.logged_in("family-signe").await;
    assert_eq!(section(&citizen.overview().await, "library")["state"], "ready", "the control");

    // A call, answered, and none that ended otherwise.
    let counted = "<td>1</td><td>1</td><td>0</td><td>0</td><td>0</td><td>0</td><td>0</td><td>";
    let mut anna = desk.person("operator/anna").await;
    for (who, browser) in [("its authority", &mut lis), ("an operator", &mut anna)] {
        let shown = browser.get(PAGE).await;
        assert_eq!(shown.text.matches(counted).count(), 2, "{who}, the day and its month: {}", shown.text);
        assert_eq!(shown.text.matches("<svg").count(), 4, "{who}: {}", shown.text);
        assert_eq!(shown.text.matches("<td>vises ikke</td>").count(), 2, "{who}, of one citizen: {}", shown.text);
        assert!(!shown.text.contains(" style="), "{who}: {}", shown.text);
    }
    let english = lis.get(&format!("{PAGE}?lang=en")).await;
    assert!(
        english.text.contains("The last 30 days") && english.text.contains("calls: 1, of them"),
        "{}",
        english.text
    );

    let mut ole = desk.person("authority:birkerup/ole").await;
    let foreign = ole.get(PAGE).await;
    let nothing = ole.get("/console/sources/nothing/statistics").await;
    assert_eq!((foreign.status, nothing.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND), "{}", foreign.text);
    assert!(!foreign.text.contains("<svg") && !foreign.text.contains("<td>"), "{}", foreign.text);
    desk.api.system.demo.app.overviews.fetches().stop().await;
    desk.stop(&[&lis, &anna, &ole, &citizen]).await;
}
