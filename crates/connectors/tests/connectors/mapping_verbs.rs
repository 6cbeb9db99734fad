//! What the verbs of the mapping make of answers, and what is never taken for "nothing".

use crate::{
    services::{answer, asked, bill, fetch, page, pages, problems, titles, waiting, world, world_of},
    support::{CPR, OTHER_CPR, SERVICES, VISITS, request},
};
use overblik_connectors::ConnectorError;
use overblik_widgets::{Money, ProblemType, SectionState, Widget};
use serde_json::{Value, json};

#[tokio::test]
async fn an_item_of_a_code_that_nobody_named_is_counted_and_one_that_is_ignored_is_not() {
    let (source, set) = world().await;
    let of_kind = |kind: &str| json!({ "kind": kind, "authority": "0901" });
    pages(&source, vec![page(&[bill("Vand", 1), of_kind("news"), of_kind("summons")], None)]);
    let fetched = fetch(&set, request()).await.expect("an answer");
    assert_eq!((fetched.state(), fetched.left_out), (SectionState::Partial, 1), "{fetched:?}");
}

#[tokio::test]
async fn the_one_item_of_a_code_that_nobody_named_is_counted() {
    let one = "one: \"$.child\"\n";
    let contract =
        SERVICES.replace(one, &format!("{one}      where: {{ path: \"$.sort\", in: [place], ignore: [draft] }}\n"));
    let (source, set) = world_of(&contract).await;
    pages(&source, vec![json!({ "cpr": CPR, "status": "NONE" })]);
    for (sort, state, left_out) in
        [("place", SectionState::Ready, 0), ("draft", SectionState::Empty, 0), ("refusal", SectionState::Partial, 1)]
    {
        let child = json!({ "name": "Ida", "from": "20260801", "sort": sort });
        source.json("/family", &[("x-owner", CPR)], json!({ "child": child }));
        let fetched = fetch(&set, request()).await.expect("an answer");
        assert_eq!((fetched.state(), fetched.left_out), (state, left_out), "{sort}");
    }
}

#[tokio::test]
async fn every_item_says_whose_it_is_where_the_contract_says_that_they_do() {
    let (source, set) = world().await;
    let mut unstated = bill("Vand", 1);
    unstated.as_object_mut().expect("a bill").remove("authority");
    pages(&source, vec![page(&[bill("Varme", 1), unstated], None)]);
    let fetched = fetch(&set, request()).await.expect("the other request says that it has nothing");
    assert_eq!((fetched.state(), fetched.widgets.len()), (SectionState::Partial, 0), "one is nobody's");
    let per_bill = "identity: { path: \"$.bills[*].cpr\" }";
    let (source, set) = world_of(&SERVICES.replace("identity: { path: \"$.cpr\" }", per_bill)).await;
    let of = |cpr: Option<&str>| {
        let mut bill = bill("Vand", 1);
        if let Some(cpr) = cpr {
            bill["cpr"] = json!(cpr);
        }
        bill
    };
    pages(&source, vec![page(&[of(Some(CPR)), of(Some(CPR))], None)]);
    assert_eq!(fetch(&set, request()).await.map(|fetched| fetched.widgets.len()), Ok(2));
    pages(&source, vec![page(&[of(Some(CPR)), of(None)], None)]);
    assert_eq!(fetch(&set, request()).await.map(|fetched| fetched.widgets.len()), Ok(0), "one is nobody's");
    pages(&source, vec![page(&[of(None), of(Some("6201010002"))], None)]);
    assert_eq!(fetch(&set, request()).await, Err(ConnectorError::WrongPerson));
}

#[tokio::test]
async fn a_status_of_nothing_or_of_failure_about_another_person_cuts_the_source_off() {
    let contract = SERVICES.replace(
        "      identity: { header: x-owner }",
        "      identity: { header: x-owner }\n      emptyStatus: [404]",
    );
    for status in [404, 500, 202] {
        let (source, set) = world_of(&contract).await;
        source.on("/family", move |_| {
            let mut response = answer(&json!({}));
            *response.status_mut() = status.try_into().expect("a status");
            response.headers_mut().insert("x-owner", "6201010002".parse().expect("a value"));
            response
        });
        assert_eq!(fetch(&set, request()).await, Err(ConnectorError::WrongPerson), "{status}");
        assert_eq!(fetch(&set, request()).await, Err(ConnectorError::CutOff), "{status}");
    }
    let contract = SERVICES.replace("      pages:", "      emptyStatus: [404]\n      pages:");
    let (source, set) = world_of(&contract).await;
    source.on("/bills", |_| {
        let mut response = answer(&json!({ "cpr": "6201010002", "message": "nothing" }));
        *response.status_mut() = axum::http::StatusCode::NOT_FOUND;
        response
    });
    assert_eq!(fetch(&set, request()).await, Err(ConnectorError::WrongPerson));
}

#[tokio::test]
async fn a_status_of_nothing_from_another_authority_cuts_the_source_off() {
    let contract = SERVICES.replace("      pages:", "      emptyStatus: [404]\n      pages:");
    let (source, set) = world_of(&contract).await;
    source.on("/bills", |_| {
        let mut response = answer(&json!({ "cpr": CPR, "bills": [{ "authority": "0999" }] }));
        *response.status_mut() = axum::http::StatusCode::NOT_FOUND;
        response
    });
    assert_eq!(fetch(&set, request()).await, Err(ConnectorError::WrongAuthority));
    assert_eq!(fetch(&set, request()).await, Err(ConnectorError::CutOff));
}

#[tokio::test]
async fn a_status_of_nothing_is_believed_unless_what_it_comes_with_should_be_readable_and_is_not() {
    let contract = SERVICES.replace("      pages:", "      emptyStatus: [404]\n      pages:");
    let cut = format!("{{ \"cpr\": \"{OTHER_CPR}\", \"mess");
    let twice = format!("{{ \"cpr\": \"{CPR}\", \"cpr\": \"{OTHER_CPR}\" }}");
    for (content_type, body, believed) in [
        ("text/html", "<html><body>Not Found</body></html>".to_owned(), true),
        ("text/plain", "404 page not found".to_owned(), true),
        ("application/json", " \n".to_owned(), true),
        ("application/problem+json", json!({ "title": "No such citizen" }).to_string(), true),
        ("application/json", "<html>".to_owned(), false),
        ("application/json", cut, false),
        ("application/problem+json", twice, false),
    ] {
        let (source, set) = world_of(&contract).await;
        let said = body.clone();
        source.on("/bills", move |_| {
            let response = axum::response::Response::builder().status(404).header("content-type", content_type);
            response.body(said.clone().into()).expect("an answer")
        });
        let fetched = fetch(&set, request()).await.expect("the other request says that it has nothing");
        let state = if believed { SectionState::Empty } else { SectionState::Partial };
        assert_eq!(fetched.state(), state, "{content_type} {body}");
    }
}

#[tokio::test]
async fn mappings_that_spell_their_one_list_in_two_ways_divide_it_among_them() {
    let list = "each: \"$.bills\"\n      where: { path: \"$.kind\", in: [list] }";
    let spelled = list.replace("$.bills", "$['bills']");
    assert!(SERVICES.contains(list));
    let (source, set) = world_of(&SERVICES.replace(list, &spelled)).await;
    let mut unknown = bill("Vand", 1);
    unknown["kind"] = json!("unheard of");
    pages(&source, vec![page(&[bill("Varme", 1), unknown], None)]);
    let fetched = fetch(&set, request()).await.expect("an answer");
    assert_eq!((titles(&fetched).len(), fetched.left_out), (1, 1), "one item, counted once");
}

#[tokio::test]
async fn an_answer_that_is_promised_or_a_part_is_no_answer() {
    for status in [202, 206] {
        let (source, set) = world().await;
        source.on("/bills", move |_| {
            let mut response = answer(&page(&[], None));
            *response.status_mut() = status.try_into().expect("a status");
            response
        });
        let fetched = fetch(&set, request()).await.expect("the other request says that it has nothing");
        assert_eq!((fetched.state(), problems(&fetched)), (SectionState::Partial, vec![ProblemType::SourceError]));
    }
}

#[tokio::test]
async fn the_items_of_several_requests_become_widgets_of_several_kinds() {
    let (source, set) = world().await;
    let mut late = bill("Varme", 2);
    late["due"] = json!("2026-12-24T08:00:00.5+01:00");
    late["lines"] = json!([]);
    let places = [
        waiting("Ida", &json!([{ "left": false }, { "left": true }, { "left": false }])),
        json!({ "kind": "news", "authority": "0901" }),
    ];
    let list = [late, places[0].clone(), bill("Vand", 1), places[1].clone()];
    pages(&source, vec![page(&list, None)]);
    let child = json!({ "name": "Ida", "from": "20260801", "percent": 25, "sibling": "J" });
    source.json("/family", &[("x-owner", CPR)], json!({ "child": child }));
    let fetched = fetch(&set, request()).await.expect("an answer");
    assert_eq!((fetched.state(), fetched.left_out), (SectionState::Ready, 0), "{fetched:?}");
    let [
        Widget::Payment(first),
        Widget::Payment(second),
        Widget::Enrolment(enrolment),
        Widget::WaitingListPlace(place),
    ] = fetched.widgets.as_slice()
    else {
        panic!("not the widgets: {:?}", fetched.widgets)
    };
    assert_eq!((first.title.as_str(), second.title.as_str()), ("Vand / Kontor 1", "Varme / Kontor 2"));
    assert_eq!((first.amount, second.amount), (Money::from_oere(12_550), Money::from_oere(0)));
    assert_eq!(first.creditor.as_deref(), Some("••••4567"));
    assert_eq!(second.due_on.map(|date| date.to_string()).as_deref(), Some("2026-12-24"));
    assert_eq!((enrolment.child.as_str(), enrolment.institution.as_str()), ("Ida", "Birkerup Børnehus"));
    assert_eq!((enrolment.sibling_discount, enrolment.fee_reduction_percent), (Some(true), Some(25)));
    assert_eq!((place.child.as_str(), place.list.as_str(), place.place), ("Ida", "Hele kommunen", 2));
}

#[tokio::test]
async fn what_one_item_lacks_is_counted_once_and_told_beside_the_others() {
    let (source, set) = world().await;
    let mut odd = bill("Renovation", 1);
    odd["lines"] = json!([{ "oere": 10_000 }, { "oere": "?" }]);
    let mut unsaid = bill("El", 1);
    unsaid["kind"] = json!(null);
    pages(&source, vec![page(&[bill("Vand", 1), odd, unsaid, waiting("Ida", &json!([]))], None)]);
    let child = json!({ "name": "Ida", "from": "20260801", "sibling": "måske" });
    source.json("/family", &[("x-owner", CPR)], json!({ "child": child }));
    let fetched = fetch(&set, request()).await.expect("an answer");
    // One sum cannot be told; the item without a kind may have been of either kind.
    assert_eq!((titles(&fetched), fetched.left_out), (vec!["Vand / Kontor 1"], 3));
    assert_eq!((fetched.state(), problems(&fetched)), (SectionState::Partial, vec![ProblemType::DataValidation]));
    assert_eq!(fetched.widgets.len(), 3, "the enrolment is shown without what its code does not say");
}

#[tokio::test]
async fn nothing_is_the_sources_own_word_and_never_hides_anything() {
    let (source, set) = world().await;
    for nothing in [json!({ "cpr": CPR, "status": "NONE" }), json!({ "cpr": CPR, "status": "NONE", "bills": [] })] {
        pages(&source, vec![nothing]);
        let fetched = fetch(&set, request()).await.expect("an answer");
        assert_eq!(fetched.state(), SectionState::Empty);
    }
    let contradictions = [
        json!({ "cpr": CPR, "status": "NONE", "bills": [bill("Vand", 1)] }),
        json!({ "cpr": CPR, "status": "NONE", "bills": bill("Vand", 1) }),
        json!({ "cpr": CPR, "status": "none" }),
        json!({ "cpr": CPR, "status": ["NONE"] }),
        json!({ "cpr": CPR }),
    ];
    for broken in contradictions {
        pages(&source, vec![broken.clone()]);
        let fetched = fetch(&set, request()).await.expect("the other request says that it has nothing");
        let found = (fetched.state(), fetched.widgets.len());
        assert_eq!(found, (SectionState::Partial, 0), "{broken}");
        assert!(problems(&fetched).iter().all(|problem| *problem == ProblemType::DataValidation), "{broken}");
    }
}

#[tokio::test]
async fn the_word_for_nothing_counts_only_in_an_answer_about_the_citizen() {
    let (source, set) = world().await;
    pages(&source, vec![json!({ "status": "NONE" })]);
    let fetched = fetch(&set, request()).await.expect("the other request says that it has nothing");
    assert_eq!(fetched.state(), SectionState::Partial);
}

#[tokio::test]
async fn the_one_item_that_is_absent_is_a_broken_contract_and_never_nothing() {
    let (source, set) = world().await;
    pages(&source, vec![json!({ "cpr": CPR, "status": "NONE" })]);
    let with_word = json!({ "child": { "state": "NONE", "name": "Ida", "from": "20260801" } });
    for broken in [json!({}), json!({ "child": null }), json!({ "child": [] }), json!({ "child": {} }), with_word] {
        source.json("/family", &[("x-owner", CPR)], broken.clone());
        let fetched = fetch(&set, request()).await.expect("the other request says that it has nothing");
        let found = (fetched.state(), problems(&fetched));
        assert_eq!(found, (SectionState::Partial, vec![ProblemType::DataValidation]), "{broken}");
    }
}

#[tokio::test]
async fn an_answer_from_another_authority_ends_everything_until_an_operator_lets_the_source_in_again() {
    let (source, set) = world().await;
    let mut foreign = bill("Vand", 1);
    foreign["authority"] = json!("0999");
    pages(&source, vec![page(&[bill("Varme", 1), foreign], None)]);
    assert_eq!(fetch(&set, request()).await, Err(ConnectorError::WrongAuthority));
    pages(&source, vec![page(&[bill("Varme", 1)], None)]);
    let before = source.seen().len();
    assert_eq!(fetch(&set, request()).await, Err(ConnectorError::CutOff));
    assert_eq!(source.seen().len(), before, "a source that is cut off is not called");
    assert!(set.reset("permits"));
    assert!(fetch(&set, request()).await.is_ok());
}

#[tokio::test]
async fn the_person_is_checked_before_the_authority_and_both_before_anything_else() {
    let (source, set) = world().await;
    let mut foreign = page(&[], None);
    foreign["bills"] = json!([{ "authority": "0999" }]);
    foreign["status"] = json!("NONE");
    pages(&source, vec![foreign.clone()]);
    assert_eq!(fetch(&set, request()).await, Err(ConnectorError::WrongAuthority), "whatever else it says");
    assert!(set.reset("permits"));
    foreign["cpr"] = json!("6201010002");
    pages(&source, vec![foreign.clone()]);
    assert_eq!(fetch(&set, request()).await, Err(ConnectorError::WrongPerson));
    assert!(set.reset("permits"));
    foreign["cpr"] = json!(null);
    pages(&source, vec![foreign]);
    assert_eq!(fetch(&set, request()).await, Err(ConnectorError::WrongAuthority), "it names nobody at all");
}

#[tokio::test]
async fn items_of_no_stated_authority_break_the_contract_and_no_items_need_none() {
    let (source, set) = world().await;
    let state = async || {
        let fetched = fetch(&set, request()).await.expect("the other request says that it has nothing");
        (fetched.state(), fetched.widgets.len())
    };
    pages(&source, vec![page(&[], None)]);
    assert_eq!(state().await, (SectionState::Empty, 0));
    let mut unstated = bill("Vand", 1);
    unstated["authority"] = json!(null);
    pages(&source, vec![page(&[bill("Varme", 1), unstated.clone()], None)]);
    assert_eq!(state().await, (SectionState::Partial, 0), "one of them is nobody's");
    unstated.as_object_mut().expect("a bill").remove("authority");
    pages(&source, vec![page(&[unstated], None)]);
    assert_eq!(state().await, (SectionState::Partial, 0));
}

#[tokio::test]
async fn in_json_a_text_is_no_number_and_no_flag() {
    let contract = SERVICES.replace(", true: [J, Y], false: [N]", "");
    let child = |percent: Value, sibling: Value| json!({ "child": { "name": "Ida", "from": "20260801", "percent": percent, "sibling": sibling } });
    let (source, set) = world_of(&contract).await;
    pages(&source, vec![json!({ "cpr": CPR, "status": "NONE" })]);
    for (body, state) in [
        (child(json!(25), json!(true)), SectionState::Ready),
        (child(json!("25"), json!(true)), SectionState::Partial),
        (child(json!(25), json!("true")), SectionState::Partial),
    ] {
        source.on("/family", move |_| {
            let mut response = answer(&body);
            response.headers_mut().insert("x-owner", CPR.parse().expect("a value"));
            response
        });
        let fetched = fetch(&set, request()).await.expect("an answer");
        assert_eq!(fetched.state(), state);
    }
    assert_eq!(asked(&source, "/family"), 3);
}

#[tokio::test]
async fn times_of_day_are_told_and_sorted_by() {
    let contract = format!("{SERVICES}{}", VISITS.replace("[iso-datetime]", "[iso-datetime, yyyy-MM-ddTHH:mm]"));
    let (source, set) = world_of(&contract).await;
    let visit = |text: &str, at: &str| json!({ "kind": "visit", "authority": "0901", "text": text, "at": at });
    let visits =
        [visit("Tandlæge", "2026-12-01T09:30"), visit("Læge", "2026-12-01T08:00:00.000Z"), visit("?", "i morgen")];
    pages(&source, vec![page(&visits, None)]);
    let fetched = fetch(&set, request()).await.expect("an answer");
    let shown = fetched.widgets.iter().map(|widget| match widget {
        Widget::Appointment(visit) => (visit.title.as_str(), visit.starts_at.to_string()),
        other => panic!("not an appointment: {other:?}"),
    });
    let expected = [("Læge", "2026-12-01T09:00:00+01:00"), ("Tandlæge", "2026-12-01T09:30:00+01:00")];
    assert_eq!(shown.collect::<Vec<_>>(), expected.map(|(title, at)| (title, at.to_owned())));
    assert_eq!(fetched.left_out, 1);
}
