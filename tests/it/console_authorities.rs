//! Authorities and agreements at the console: proposed by one person and approved by another, seen by whom they concern
//! (requirements R40, R46 and R47).

use http::StatusCode;
use overblik_tests::{Answer, Browser};
use serde_json::json;

use crate::{
    admin::{ANNA, BIRKERUP},
    console::{Desk, click, record},
};

const LIS: &str = "authority:birkerup-libraries/lis";
const LIBRARIES: &str = "/console/authorities/birkerup-libraries";
const LIBRARY: &str = "/console/sources/library";
const NEW: &str = "/console/new-authority";

/// The fields of the form as its page shows them, with some of them otherwise.
fn filled<'a>(changed: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let usual = [
        ("name_da", "Birkerup Havn"),
        ("name_en", "Birkerup Harbour"),
        ("cvr", "90000034"),
        ("domains", "havn.birkerup.example"),
    ];
    let kept = usual.into_iter().filter(|(name, _)| changed.iter().all(|(other, _)| other != name));
    kept.chain(changed.iter().copied()).collect()
}

/// Sends the form about an authority as its page was just shown.
async fn propose(browser: &mut Browser, at: &str, changed: &[(&str, &str)]) -> Answer {
    let shown = browser.get(&format!("{at}/change")).await;
    assert_eq!(shown.status, StatusCode::OK, "{}", shown.text);
    let record = record(&shown);
    let fields = filled(&[&[("record", record.as_str())], changed].concat());
    Desk::send(browser, &format!("{at}/propose"), &fields).await
}

#[tokio::test]
async fn r47_an_authority_is_proposed_by_one_operator_and_approved_by_another() {
    let desk = Desk::start().await;
    let mut carl = desk.person("operator/carl").await;
    let mut dora = desk.person("operator/dora").await;
    let list = carl.get("/console/authorities").await;
    assert!(list.text.contains(&format!("href=\"{NEW}\"")) && list.text.contains(LIBRARIES), "{}", list.text);

    let taken = Desk::send(&mut carl, NEW, &filled(&[("slug", "birkerup")])).await;
    assert_eq!(taken.status, StatusCode::BAD_REQUEST, "{}", taken.text);
    assert!(taken.text.contains("Der er allerede en myndighed med det navn."), "{}", taken.text);
    let sent = Desk::send(&mut carl, NEW, &filled(&[("slug", "birkerup-harbour")])).await;
    assert_eq!(sent.header("location"), "/console/authorities/birkerup-harbour", "{}", sent.text);
    let harbour = sent.header("location").to_owned();

    // Whoever proposed it is told that it is not theirs to approve, in both places, and cannot.
    let shown = carl.get(&harbour).await;
    assert!(!shown.text.contains("/approve\"") && shown.text.contains("Du har selv foreslået det"), "{}", shown.text);
    let waits = carl.get("/console").await;
    assert!(waits.text.contains("Ny myndighed: Birkerup Havn"), "{}", waits.text);
    assert!(waits.text.contains("Du har selv haft fingre i det") && !waits.text.contains("1 venter på dig"));
    let alone = Desk::send(&mut carl, &format!("{harbour}/approve"), &[("record", &record(&shown))]).await;
    assert_eq!(alone.status, StatusCode::FORBIDDEN, "{}", alone.text);
    assert!(alone.text.contains("four-eyes"), "{}", alone.text);

    // Another is told who proposed it, and what would hold.
    let waits = dora.get("/console").await;
    assert!(waits.text.contains("1 venter på dig") && waits.text.contains("Skal godkendes"), "{}", waits.text);
    let shown = dora.get(&harbour).await;
    assert!(shown.text.contains("ikke sat → Birkerup Havn"), "{}", shown.text);
    assert!(shown.text.contains("havn.birkerup.example (nyt)"), "{}", shown.text);
    click(&mut dora, &harbour, "approve", &[]).await;
    let shown = dora.get(&harbour).await;
    assert!(shown.text.contains("På plads") && shown.text.contains("godkendte myndigheden"), "{}", shown.text);
    assert!(dora.get("/console").await.text.contains(">Venter på dig</a>"), "nothing waits any more");
    desk.stop(&[&carl, &dora]).await;
}

#[tokio::test]
async fn r46_an_authority_s_people_see_their_own_authority_and_make_no_other() {
    let desk = Desk::start().await;
    let mut lis = desk.person(LIS).await;
    let list = lis.get("/console/authorities").await;
    assert!(list.text.contains(LIBRARIES) && !list.text.contains("\"/console/authorities/birkerup\""), "{}", list.text);
    assert!(!list.text.contains(NEW), "{}", list.text);
    assert_eq!(lis.get(NEW).await.status, StatusCode::NOT_FOUND);
    for slug in ["birkerup-harbour", "birkerup", "birkerup-libraries"] {
        let answer = Desk::send(&mut lis, NEW, &filled(&[("slug", slug)])).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{slug}: {}", answer.text);
    }
    let own = lis.get(LIBRARIES).await;
    assert!(own.text.contains("bibliotek.birkerup.example") && own.text.contains("aftryk"), "{}", own.text);
    desk.stop(&[&lis]).await;
}

#[tokio::test]
async fn r47_an_authority_s_own_change_holds_once_an_operator_approved_it() {
    let desk = Desk::start().await;
    let mut lis = desk.person(LIS).await;
    let mut bo = desk.person("operator/bo").await;
    let key = json!({ "keys": [desk.api.key(BIRKERUP).public] }).to_string();
    let change =
        [("domains", "bibliotek.birkerup.example\nfbs.birkerup.example"), ("program_1", "robot"), ("keys_1", &key)];

    // All that is wrong is said at once, in words; what was written is there again.
    let wrong = [
        ("domains", "localhost"),
        ("cvr", "12"),
        ("program_1", "Robot"),
        ("keys_1", &key),
        ("name_da", "Børnebiblioteket"),
    ];
    let answer = propose(&mut lis, LIBRARIES, &wrong).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.text);
    for said in [
        "localhost er ikke et værtsnavn",
        "Et CVR-nummer har otte cifre",
        "Programmets navn: er højst 63",
        "Børnebiblioteket",
    ] {
        assert!(answer.text.contains(said), "{said}: {}", answer.text);
    }
    // A private key is told to be one, and goes nowhere.
    let secret = r#"{"keys":[{"kty":"EC","kid":"a","crv":"P-256","x":"eA","y":"eQ","d":"c2VjcmV0"}]}"#;
    let answer = propose(&mut lis, LIBRARIES, &[("program_1", "robot"), ("keys_1", secret)]).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.text);
    assert!(answer.text.contains("Nøglen til robot er privat") && !answer.text.contains("c2VjcmV0"), "{}", answer.text);

    let answer = propose(&mut lis, LIBRARIES, &change).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    let shown = lis.get(LIBRARIES).await;
    assert!(!shown.text.contains("/approve\""), "it is not hers to approve: {}", shown.text);
    assert!(shown.text.contains(&format!("{LIBRARIES}/reject")), "she may withdraw it: {}", shown.text);
    assert!(lis.get("/console").await.text.contains("Venter på en operatør"));

    // The operator sees what changes; a page of before is stale.
    let seen = bo.get(LIBRARIES).await;
    for said in [
        "fbs.birkerup.example (nyt)",
        "Nøgle til robot",
        "Nøgle til ci",
        "(fjernes)",
        "Hør hos myndigheden ad en anden vej",
    ] {
        assert!(seen.text.contains(said), "{said}: {}", seen.text);
    }
    let again = propose(&mut lis, LIBRARIES, &change).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER, "{}", again.text);
    let stale = Desk::send(&mut bo, &format!("{LIBRARIES}/approve"), &[("record", &record(&seen))]).await;
    assert_eq!(stale.status, StatusCode::PRECONDITION_FAILED, "{}", stale.text);
    click(&mut bo, LIBRARIES, "approve", &[]).await;
    let shown = lis.get(LIBRARIES).await;
    assert!(
        shown.text.contains("birkerup-libraries/robot") && shown.text.contains("fbs.birkerup.example"),
        "{}",
        shown.text
    );
    assert!(lis.get(&format!("{LIBRARIES}/history")).await.text.contains("godkendte myndigheden birkerup-libraries"));
    desk.stop(&[&lis, &bo]).await;
}

#[tokio::test]
async fn r47_what_an_operator_proposed_about_an_authority_it_does_not_touch_and_a_rejection_is_told() {
    let desk = Desk::start().await;
    let mut lis = desk.person(LIS).await;
    let mut bo = desk.person("operator/bo").await;
    // Her own proposal is rejected, and she is told why until she proposes again.
    let first = propose(&mut lis, LIBRARIES, &[("name_da", "Bibliotek 1")]).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER, "{}", first.text);
    click(&mut bo, LIBRARIES, "reject", &[("reason", "Det er ikke jeres domæne")]).await;
    let told = lis.get("/console").await;
    assert!(told.text.contains("Det er ikke jeres domæne") && told.text.contains("1 venter på dig"), "{}", told.text);
    assert!(!bo.get("/console").await.text.contains("Det er ikke jeres domæne"), "it is theirs to mend");

    // A thief of her key could keep operators from taking it out, if she could touch this one.
    let second = propose(&mut bo, LIBRARIES, &[("name_da", "Bibliotek 2")]).await;
    assert_eq!(second.status, StatusCode::SEE_OTHER, "{}", second.text);
    let shown = lis.get(LIBRARIES).await;
    assert!(!shown.text.contains(&format!("{LIBRARIES}/change")), "{}", shown.text);
    assert!(!shown.text.contains("/reject\""), "{}", shown.text);
    assert_eq!(lis.get(&format!("{LIBRARIES}/change")).await.status, StatusCode::FORBIDDEN);
    let seen = record(&bo.get(LIBRARIES).await);
    let fields = filled(&[("record", seen.as_str())]);
    let answer = Desk::send(&mut lis, &format!("{LIBRARIES}/propose"), &fields).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", answer.text);
    let told = lis.get("/console").await;
    assert!(!told.text.contains("Det er ikke jeres domæne"), "there is a later word: {}", told.text);
    desk.stop(&[&lis, &bo]).await;
}

#[tokio::test]
async fn r47_an_agreement_is_proposed_by_one_side_and_approved_by_a_second_person() {
    let desk = Desk::start().await;
    desk.api.push_library().await;
    let mut lis = desk.person(LIS).await;
    let mut carl = desk.person("operator/carl").await;
    let mut bo = desk.person("operator/bo").await;
    assert!(
        lis.get(LIBRARY).await.text.contains("<option value=\"overblik\">"),
        "display clients that there are are offered"
    );
    let propose = async |who: &mut Browser, client: &str, where_: &str| {
        let record = record(&who.get(LIBRARY).await);
        let fields = [("record", record.as_str()), ("display_client", client), ("municipalities", where_)];
        Desk::send(who, &format!("{LIBRARY}/agreements"), &fields).await
    };
    // Nothing is no word for all.
    for (client, where_, said) in [
        ("overblik", "", "Kommuner skrives som koder"),
        ("overblik", "101", "Kommuner skrives som koder"),
        ("Overblik", "alle", "Visningsklient: er højst 63"),
        ("", "alle", "Visningsklient: skal udfyldes"),
    ] {
        let answer = propose(&mut lis, client, where_).await;
        assert!(answer.status.is_client_error() && answer.text.contains(said), "{said}: {}", answer.text);
    }
    assert_eq!(propose(&mut lis, "overblik", "0101 0147").await.status, StatusCode::SEE_OTHER);
    assert_eq!(propose(&mut carl, "birkerup", "alle").await.status, StatusCode::SEE_OTHER);
    let shown = carl.get(LIBRARY).await;
    assert!(shown.text.contains("Foreslået: 0101, 0147"), "{}", shown.text);
    assert!(shown.text.contains("Du har selv foreslået aftalen med birkerup"), "{}", shown.text);
    assert!(shown.text.contains("agreements/overblik/approve") && !shown.text.contains("agreements/birkerup/approve"));
    let waits = bo.get("/console").await;
    assert!(waits.text.contains("2 venter på dig") && waits.text.contains("Kommuner: alle kommuner"), "{}", waits.text);
    click(&mut bo, LIBRARY, "agreements/overblik/approve", &[]).await;
    click(&mut bo, LIBRARY, "agreements/birkerup/reject", &[("reason", "Kontrakten nævner den ikke")]).await;
    // Both sides see what holds at the authority too; the rejection is told to whoever can do something.
    assert!(lis.get(LIBRARIES).await.text.contains("Gælder: 0101, 0147"));
    let told = lis.get("/console").await;
    assert!(
        told.text.contains("Kontrakten nævner den ikke") && told.text.contains("library · aftale med birkerup"),
        "{}",
        told.text
    );
    click(&mut lis, LIBRARY, "agreements/overblik/end", &[("reason", "Slut")]).await;
    assert!(!bo.get(LIBRARIES).await.text.contains("Gælder:"));
    // The API and the console are one.
    let history = desk.api.ask(ANNA, "GET", "/admin/v1/sources/library/history", &[], None).await;
    assert!(
        history.body.contains("agreement_rejected") && history.body.contains("agreement_ended"),
        "{}",
        history.body
    );
    desk.stop(&[&lis, &carl, &bo]).await;
}
