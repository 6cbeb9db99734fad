//! What the authors of contracts are told about `detail`.

use crate::{contract_mistakes::report_on, detail::contract};

/// The report on the contract with detail after one change, without the file's name.
fn report(from: &str, to: &str) -> String {
    let contract = contract();
    assert!(contract.contains(from), "nothing to change: {from}");
    report_on(&contract.replacen(from, to, 1))
}

/// One row per mistake: what is changed, into what, and the report.
macro_rules! mistakes {
    ($($name:ident: $from:expr => $to:expr, $report:expr;)*) => {$(
        #[test]
        fn $name() {
            assert_eq!(report($from, $to), $report);
        }
    )*};
}

mistakes! {
    an_item_that_nothing_names: ", case: \"{item.key}\"" => "", "63:7: spec.detail.requests.case: nothing says which item more is asked about: {item.key} must be somewhere";
    an_item_of_nobody: "cpr: \"{citizen.cpr}\", case" => "case", "63:7: spec.detail.requests.case: nothing says whom it is about: {citizen.cpr} must be in a header or the body";
    a_citizen_in_the_path: "path: /case\n" => "path: /case/{citizen.cpr}\n", "65:15: spec.detail.requests.case.path: the citizen's number and keys never stand in a path: it ends up in logs; put them in a header or the body";
    a_key_glued_into_the_path: "path: /case\n" => "path: /case/no-{item.key}\n", "65:15: spec.detail.requests.case.path: in a path {item.key} stands once, as a whole segment: \"/cases/{item.key}\"";
    a_key_glued_into_the_query: "path: /case\n" => "path: /case\n        query: { id: \"S-{item.key}\" }\n", "66:22: spec.detail.requests.case.query.id: in a query only {item.key} and {language} have a place, each as a whole value";
    a_key_misspelt: "\"{item.key}\"" => "\"{item.id}\"", "66:45: spec.detail.requests.case.body.case: no such place; a place is the whole value\n  hint: did you mean \"{item.key}\"? The places are {citizen.cpr}, {citizen.cprWithHyphen}, {citizen.municipality}, {language}, {request.id}, {item.key}, {keys}";
    a_key_outside_a_detail: "headers: { X-Trace: fixed }" => "headers: { X-Trace: \"{item.key}\" }", "35:27: spec.requests.cases.headers.X-Trace: only the requests of a detail are about an item";
    a_key_in_the_path_outside_a_detail: "path: /archive" => "path: /archive/{item.key}", "42:13: spec.requests.archive.path: only the requests of a detail are about an item";
    keys_in_a_detail: "\"{item.key}\"" => "\"{keys}\"", "66:45: spec.detail.requests.case.body.case: only a lookup has keys";
    a_lookup_about_an_item: "ids: \"{keys}\"" => "ids: \"{keys}\", of: \"{item.key}\"", "52:34: spec.lookups.offices.body.of: a lookup is about no citizen and carries nothing of one";
    a_detail_that_nothing_leads_to: "      item: \"$.id\"\n" => "", "60:3: spec.detail: nothing leads to it: no widget of the contract has an \"item\"\n  hint: say in an entry of spec.widgets what the source knows an item by, as \"item: $.id\"";
    an_item_that_leads_nowhere_further: "        limit: 20\n" => "        limit: 20\n        item: \"$.id\"\n", "75:9: spec.detail.widgets[0].item: what is told about an item leads to nothing more\n  hint: leave it out";
    an_item_without_a_path: "item: \"$.id\"" => "item: id", "84:13: spec.widgets[0].item: must start with \"$\"\n  hint: write \"$.id\"";
    a_detail_longer_than_its_source: "timeoutMs: 300" => "timeoutMs: 3000", "61:16: spec.detail.timeoutMs: must be 50 milliseconds to the source's own time limit";
    a_detail_larger_than_its_source: "timeoutMs: 300" => "bodyKib: 65", "61:14: spec.detail.bodyKib: must be at most the source's own limit, limits.bodyKib";
    a_detail_without_identity: "        identity: { path: \"$.owner.cpr\" }\n        emptyStatus: [404]\n    widgets:" => "        emptyStatus: [404]\n    widgets:", "63:7: spec.detail.requests.case: the key \"identity\" is missing\n  hint: identity: Where the answer says whom it is about.";
    a_detail_of_another_request_s_name: "      case:\n        method" => "      cases:\n        method", "63:7: spec.detail.requests.cases: is the name of another request; recordings and logs tell them apart by it\n71:15: spec.detail.widgets[0].from: no such request \"case\"\n  hint: did you mean \"cases\"? The requests are cases";
    a_detail_of_no_request: "from: case\n" => "from: cases\n", "71:15: spec.detail.widgets[0].from: no such request \"cases\"\n  hint: did you mean \"case\"? The requests are case";
    a_detail_that_looks_up: "{ path: \"$.what\", as: text }" => "{ join: offices, key: \"$.what\", path: \"$.name\", as: text }", "76:26: spec.detail.widgets[0].fields.title.join: no such lookup \"offices\"";
    a_detail_that_is_not_shown: "      case:\n        method" => "      extra:\n        method: POST\n        path: /x\n        body: { a: \"{citizen.cpr}\", b: \"{item.key}\" }\n        identity: { path: \"$.a\" }\n      case:\n        method", "63:7: spec.detail.requests.extra: no widget uses it\n  hint: remove it, or show what it gives";
}

#[test]
fn an_item_that_leads_to_nothing() {
    let whole = contract();
    let (before, rest) = whole.split_once("  detail:\n").expect("a detail");
    let (_, after) = rest.split_once("  widgets:\n    - kind: payment").expect("widgets");
    let report = report_on(&format!("{before}  widgets:\n    - kind: payment{after}"));
    assert_eq!(
        report,
        "66:7: spec.widgets[0].item: leads to nothing: the contract has no \"detail\"\n  hint: say under spec.detail how more is asked for, or leave \"item\" out"
    );
}

#[test]
fn a_detail_asked_for_twice() {
    let hedged = contract()
        .replace("bodyKib: 64 }", "bodyKib: 64, hedge: true }")
        .replace("path: /cases\n", "path: /cases\n      idempotent: true\n")
        .replace("path: /offices\n", "path: /offices\n      idempotent: true\n");
    let hint = "if a repeated question changes nothing, say so: detail.requests.case.idempotent: true";
    assert!(report_on(&hedged).ends_with(hint));
}
