//! The way of a version at the admin API: pushed, mended, tested, submitted, approved by another person, released, taken
//! back (requirement R47), and that all of it is on record (R63).

use std::fs;

use serde_json::{Value, json};

use crate::admin::{ANNA, AdminApi, BO, LIBRARIES, LIBRARY, ROBOT, VERSIONS, bundle, changed, header, of, told};

fn code(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[tokio::test]
async fn r47_a_version_comes_to_citizens_by_two_people_and_what_it_went_through_is_on_record() {
    let api = AdminApi::with_authorities().await;
    let good = bundle(LIBRARIES, "library");
    let wrong = changed(good.clone(), "level: substantial", "level: substanital");
    let answer = api.ask(LIBRARIES, "POST", VERSIONS, &["if-none-match: *"], Some(&wrong)).await;
    assert_eq!(told(&answer), code(422, "contract-mistakes"));
    let told_of = &of(&answer)["mistakes"][0];
    assert_eq!((&told_of["file"], &told_of["path"]), (&json!("connector.yaml"), &json!("spec.level")), "{told_of}");
    assert!(told_of["line"].as_u64() > Some(1) && told_of["column"].as_u64() > Some(1), "{told_of}");
    assert!(!answer.body.contains(&api.folder.path().display().to_string()), "nothing of this machine");
    assert_eq!(of(&api.ask(LIBRARIES, "GET", LIBRARY, &[], None).await)["versions"][0]["state"], "draft");

    let first = api.etag(LIBRARIES, LIBRARY).await;
    let mended = api.ask(LIBRARIES, "POST", VERSIONS, &[&format!("if-match: {first}")], Some(&good)).await;
    assert_eq!((mended.status, &of(&mended)["state"]), (201, &json!("checked")));
    assert_eq!(header(&mended, "location"), "/admin/v1/sources/library/versions/1");
    let again = api.ask(LIBRARIES, "POST", VERSIONS, &[&format!("if-match: {first}")], Some(&good)).await;
    assert_eq!(told(&again), code(412, "stale"), "it was pushed since");
    let taken = api.ask(LIBRARIES, "POST", VERSIONS, &["if-none-match: *"], Some(&good)).await;
    assert_eq!(told(&taken), code(412, "stale"), "it is there");
    let unconditional = api.ask(LIBRARIES, "POST", VERSIONS, &[], Some(&good)).await;
    assert_eq!(told(&unconditional), code(428, "if-match-missing"));

    let v1 = format!("{VERSIONS}/1");
    let step = async |client, step: &str, body: Option<Value>| {
        let body = body.filter(|body| !body.is_null());
        api.change(client, "POST", &format!("{v1}/{step}"), LIBRARY, body.as_ref()).await
    };
    assert_eq!(told(&step(LIBRARIES, "submit", Some(json!({}))).await), code(409, "wrong-state"));
    assert_eq!(told(&step(LIBRARIES, "release", Some(json!({ "share": 100 }))).await), code(409, "wrong-state"));
    let tested = step(LIBRARIES, "test", Some(json!({}))).await;
    assert_eq!(tested.status, 200, "{}", tested.body);
    assert_eq!((&of(&tested)["tally"]["failed"], of(&tested)["checks"].as_array().is_some()), (&json!(0), true));
    let report = api.ask(LIBRARIES, "GET", &format!("{v1}/report"), &[], None).await;
    assert_eq!(of(&report), of(&tested), "kept as it was answered");
    let submitted = step(LIBRARIES, "submit", Some(json!({ "share": 10, "note": "Første udgave" }))).await;
    assert_eq!(submitted.status, 200, "{}", submitted.body);

    assert_eq!(told(&step(LIBRARIES, "approve", None).await), code(403, "not-allowed"), "not one's own");
    assert_eq!(told(&step(ROBOT, "approve", None).await), code(403, "not-allowed"), "a program approves nothing");
    assert_eq!(told(&step(LIBRARIES, "refuse", Some(json!({ "reason": "x" }))).await), code(403, "not-allowed"));
    assert_eq!(step(ANNA, "approve", None).await.status, 200);
    let released = step(LIBRARIES, "release", Some(json!({ "share": 100 }))).await;
    assert_eq!((released.status, &of(&released)["main"]), (200, &json!(1)));
    let suspended =
        api.change(BO, "POST", &format!("{LIBRARY}/suspend"), LIBRARY, Some(&json!({ "reason": "Fejl" }))).await;
    assert_eq!(of(&suspended)["suspended"]["reason"], "Fejl", "{}", suspended.body);
    let resumed = api.change(LIBRARIES, "POST", &format!("{LIBRARY}/resume"), LIBRARY, None).await;
    assert_eq!(told(&resumed), code(409, "wrong-state"), "an operator's suspension is an operator's to end");

    let history = of(&api.ask(LIBRARIES, "GET", &format!("{LIBRARY}/history"), &[], None).await);
    let done = history["records"].as_array().expect("records").iter();
    let done: Vec<_> = done
        .map(|one| (one["change"]["kind"].as_str().expect("a kind"), one["actor"]["id"].as_str().expect("an id")))
        .collect();
    let (own, anna, bo) = ("client:birkerup-libraries/ci", "client:anna", "client:bo");
    let expected = [
        ("pushed", own),
        ("pushed", own),
        ("tested", own),
        ("submitted", own),
        ("approved", anna),
        ("released", own),
        ("suspended", bo),
    ];
    assert_eq!(done, expected);
    api.stop().await;
}

#[tokio::test]
async fn r47_nobody_approves_what_they_had_a_hand_in() {
    let api = AdminApi::with_authorities().await;
    let path = "/admin/v1/authorities/birkerup";
    let wider = api.authority(crate::admin::BIRKERUP, "90000018", "example");
    let bad_domain = api.change(ANNA, "PUT", path, path, Some(&wider)).await;
    assert_eq!(told(&bad_domain), code(400, "malformed-body"), "{}", bad_domain.body);
    let other = api.authority(crate::admin::BIRKERUP, "90000018", "other.example");
    assert_eq!(api.change(ANNA, "PUT", path, path, Some(&other)).await.status, 200);
    let approve = format!("{path}/approve");
    assert_eq!(told(&api.change(ANNA, "POST", &approve, path, None).await), code(403, "four-eyes"));
    assert_eq!(told(&api.change(ROBOT, "POST", &approve, path, None).await), code(403, "not-allowed"));
    assert_eq!(told(&api.change(crate::admin::BIRKERUP, "POST", &approve, path, None).await), code(403, "not-allowed"));
    let shown = of(&api.ask(BO, "GET", path, &[], None).await);
    assert_eq!(shown["current"]["value"]["domains"], json!(["birkerup.example"]), "until then all is as it was");
    let seen = api.etag(BO, path).await;
    let another = api.authority(crate::admin::BIRKERUP, "90000018", "third.example");
    assert_eq!(api.change(ANNA, "PUT", path, path, Some(&another)).await.status, 200);
    let late = api.ask(BO, "POST", &approve, &[&format!("if-match: {seen}")], None).await;
    assert_eq!(told(&late), code(412, "stale"), "nobody approves what they did not see");
    assert_eq!(api.change(BO, "POST", &approve, path, None).await.status, 200);

    api.push_library().await;
    let agreement = format!("{LIBRARY}/agreements/birkerup-portal");
    let proposed = json!({ "municipalities": { "these": ["0901"] } });
    assert_eq!(api.change(ANNA, "PUT", &agreement, LIBRARY, Some(&proposed)).await.status, 200);
    let approve = format!("{agreement}/approve");
    assert_eq!(told(&api.change(ANNA, "POST", &approve, LIBRARY, None).await), code(403, "four-eyes"));
    let agreed = api.change(BO, "POST", &approve, LIBRARY, None).await;
    let current = &of(&agreed)["agreements"]["birkerup-portal"]["current"];
    assert_eq!(current["value"], proposed["municipalities"], "{}", agreed.body);
    api.stop().await;
}

#[tokio::test]
async fn r63_a_history_that_was_changed_is_found_out() {
    let api = AdminApi::with_authorities().await;
    let verify = async || of(&api.ask(ANNA, "GET", "/admin/v1/history/verify", &[], None).await);
    let whole = verify().await;
    assert_eq!((&whole["whole"], &whole["head"]["number"]), (&json!(true), &json!(4)), "{whole}");
    let file = api.folder.path().join("registry/history.jsonl");
    let text = fs::read_to_string(&file).expect("a history");
    assert!(text.contains("client:bo"));
    fs::write(&file, text.replacen("client:bo", "client:ab", 1)).expect("written");
    let changed = verify().await;
    assert_eq!(changed["whole"], false, "{changed}");
    assert!(changed["wrong"].as_str().is_some_and(|wrong| wrong.contains('2')), "{changed}");
    fs::write(&file, &text).expect("written");
    let head = &whole["head"];
    let kept_elsewhere = |number: u64| {
        format!("/admin/v1/history/verify?number={number}&hash={}", head["hash"].as_str().expect("a hash"))
    };
    let expected = async |number| of(&api.ask(ANNA, "GET", &kept_elsewhere(number), &[], None).await)["whole"].clone();
    assert_eq!((expected(4).await, expected(3).await, expected(5).await), (json!(true), json!(false), json!(false)));
    api.stop().await;
}

#[tokio::test]
async fn r47_what_one_operator_pushed_and_tested_another_approves_and_a_bad_version_is_taken_back() {
    let api = AdminApi::with_authorities().await;
    api.push_library().await;
    let step = async |client, version: u32, step: &str, body: Option<Value>| {
        api.change(client, "POST", &format!("{VERSIONS}/{version}/{step}"), LIBRARY, body.as_ref()).await
    };
    let seen = api.etag(ANNA, LIBRARY).await;
    let by_anna =
        api.ask(ANNA, "POST", VERSIONS, &[&format!("if-match: {seen}")], Some(&bundle(LIBRARIES, "library"))).await;
    assert_eq!(by_anna.status, 201, "{}", by_anna.body);
    let path = "/admin/v1/sources/new/versions";
    let new = api.ask(ANNA, "POST", path, &["if-none-match: *"], Some(&bundle(LIBRARIES, "library"))).await;
    assert_eq!(told(&new), code(404, "not-found"), "whose a new source is, its authority's own token says");
    assert_eq!(step(LIBRARIES, 1, "test", Some(json!({}))).await.status, 200);
    assert_eq!(step(LIBRARIES, 1, "submit", Some(json!({}))).await.status, 200);
    let waits = of(&api.ask(BO, "GET", "/admin/v1/waiting", &[], None).await);
    let version = json!({ "source": "library", "version": 1 });
    assert_eq!(waits, json!({ "versions": [version], "authorities": [], "agreements": [] }));
    assert_eq!(told(&step(ANNA, 1, "approve", None).await), code(403, "four-eyes"), "she pushed it");
    assert_eq!(step(BO, 1, "approve", None).await.status, 200);
    assert_eq!(step(LIBRARIES, 1, "release", Some(json!({ "share": 100 }))).await.status, 200);

    let second = changed(bundle(LIBRARIES, "library"), "timeoutMs: 3000", "timeoutMs: 2500");
    let seen = format!("if-match: {}", api.etag(LIBRARIES, LIBRARY).await);
    assert_eq!(of(&api.ask(LIBRARIES, "POST", VERSIONS, &[&seen], Some(&second)).await)["version"], 2);
    let diff = of(&api.ask(LIBRARIES, "GET", &format!("{LIBRARY}/diff?from=1&to=2"), &[], None).await);
    assert_eq!((&diff["changes"][0]["path"], &diff["files"]), (&json!("spec.limits.timeoutMs"), &json!([])), "{diff}");
    let files = of(&api.ask(LIBRARIES, "GET", &format!("{VERSIONS}/2/bundle"), &[], None).await);
    assert_eq!(files["files"], second["files"], "as they were pushed");
    for (path, status) in [("diff?from=1&to=3", 404), ("diff?from=1", 400), ("diff?from=1&to=2&x=1", 400)] {
        assert_eq!(api.ask(LIBRARIES, "GET", &format!("{LIBRARY}/{path}"), &[], None).await.status, status, "{path}");
    }
    for (verb, body) in [("test", Some(json!({}))), ("submit", Some(json!({ "share": 10 })))] {
        assert_eq!(step(LIBRARIES, 2, verb, body).await.status, 200, "{verb}");
    }
    assert_eq!(told(&step(LIBRARIES, 2, "refuse", Some(json!({ "reason": "x" }))).await), code(403, "not-allowed"));
    assert_eq!(step(ANNA, 2, "approve", None).await.status, 200, "she had no hand in this one");
    for share in [0, 101] {
        let never = step(LIBRARIES, 2, "release", Some(json!({ "share": share }))).await;
        assert_eq!(told(&never), code(400, "malformed-body"), "{share}");
    }
    let released = of(&step(LIBRARIES, 2, "release", Some(json!({ "share": 10 }))).await);
    assert_eq!((&released["main"], &released["beside"]), (&json!(1), &json!({ "version": 2, "share": 10 })));
    let back = json!({ "from": 2, "to": 1 });
    let rolled_back = api.change(BO, "POST", &format!("{LIBRARY}/rollback"), LIBRARY, Some(&back)).await;
    assert_eq!((&of(&rolled_back)["main"], &of(&rolled_back)["beside"]), (&json!(1), &json!(null)));

    let windows = json!({ "windows": [{
        "from": "2026-12-01T20:00:00Z", "to": "2026-12-02T04:00:00Z", "text": { "da": "Ny server", "en": "New server" },
    }] });
    let set = api.change(LIBRARIES, "PUT", &format!("{LIBRARY}/windows"), LIBRARY, Some(&windows)).await;
    assert_eq!(of(&set)["windows"], windows["windows"], "{}", set.body);
    let reason = json!({ "reason": "Systemet lukkes" });
    let retired = api.change(LIBRARIES, "POST", &format!("{LIBRARY}/retire"), LIBRARY, Some(&reason)).await;
    assert_eq!(of(&retired)["retired"]["reason"], "Systemet lukkes", "{}", retired.body);
    let after = api.change(LIBRARIES, "POST", &format!("{LIBRARY}/suspend"), LIBRARY, Some(&reason)).await;
    assert_eq!(told(&after), code(409, "wrong-state"));
    api.stop().await;
}

#[tokio::test]
async fn r73_only_so_many_versions_are_tested_at_once() {
    let api = AdminApi::start_with(|config| config.admin.as_mut().expect("the API").tests_at_once = 1).await;
    api.register_authorities().await;
    api.push_library().await;
    let token = api.token(LIBRARIES).await;
    let seen = format!("if-match: {}", api.etag(LIBRARIES, LIBRARY).await);
    let test = async || {
        let path = format!("{VERSIONS}/1/test");
        api.with(&token, "POST", &path, &[&seen], Some(&json!({}))).await
    };
    let (one, other) = tokio::join!(test(), test());
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 503], "{} {}", one.body, other.body);
    let busy = if one.status == 503 { one } else { other };
    assert_eq!((told(&busy), header(&busy, "retry-after")), (code(503, "tests-busy"), "5"));
    let tried = json!({ "example": "family" });
    assert_eq!(
        api.with(&token, "POST", &format!("{VERSIONS}/1/try"), &[], Some(&tried)).await.status,
        200,
        "then again"
    );
    api.stop().await;
}

#[tokio::test]
async fn r73_of_pushes_that_meet_nothing_is_kept_that_is_not_on_record() {
    let api = AdminApi::with_authorities().await;
    let token = api.token(LIBRARIES).await;
    let pushes = (0..8).map(|number| {
        let files = changed(bundle(LIBRARIES, "library"), "level: substantial", &format!("level: low # {number}"));
        let (api, token) = (&api, &token);
        async move { api.with(token, "POST", VERSIONS, &["if-none-match: *"], Some(&files)).await.status }
    });
    let answers = futures::future::join_all(pushes).await;
    assert_eq!(answers.iter().filter(|status| **status == 201).count(), 1, "{answers:?}");
    assert!(answers.iter().all(|status| [201, 412, 503].contains(status)), "{answers:?}");
    let kept = fs::read_dir(api.folder.path().join("registry/blobs")).expect("blobs").count();
    assert_eq!(kept, 1);
    api.stop().await;
}
