//! What the authors of contracts are told: every mistake, with its place and what to do about it.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use crate::{
    certificate::client_certificate,
    credentials::TestSigner,
    support::{CONTRACT, Folder, options},
};
use overblik_connectors::{AddressPolicy, ConnectorSet, ContractMistakes, Endpoint, LoadOptions, Secret, TlsFiles};
use tempfile::TempDir;

/// The report on the contract of `support` after one change, without the file's name.
fn report(from: &str, to: &str) -> String {
    assert_eq!(CONTRACT.matches(from).count(), 1, "the change must be one: {from}");
    report_on(&CONTRACT.replace(from, to))
}

pub(crate) fn report_on(contract: &str) -> String {
    let folder = Folder::with(&[("birkerup/permits", contract)]);
    let mistakes = load(&folder).err().expect("mistakes");
    let file = folder.path().join("birkerup/permits/connector.yaml");
    mistakes.to_string().replace(&format!("{}:", file.display()), "")
}

fn load(folder: &Folder) -> Result<ConnectorSet, ContractMistakes> {
    ConnectorSet::load(folder.path(), &options(AddressPolicy::Production, None))
}

#[test]
fn the_contract_that_the_changes_start_from_has_no_mistake() {
    let folder = Folder::with(&[("birkerup/permits", CONTRACT)]);
    if let Err(mistakes) = load(&folder) {
        panic!("{mistakes}");
    }
}

#[test]
fn a_deployment_refuses_what_is_still_a_placeholder() {
    let told = report("reference: BIR-2026-042", "reference: TODO");
    assert!(told.contains("spec.agreement.reference: is still a placeholder\n  hint: write what was agreed"), "{told}");
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
    not_yaml: "kind: Connector" => "kind: [", "4:7: not YAML: while parsing a flow mapping, did not find expected ',' or '}'\n  hint: close what was opened here or in the line before: {…} or […], with one comma between two entries and none at the end";
    a_key_twice: "kind: Connector" => "kind: Connector\nkind: Connector", "3:1: kind: this key stands here a second time; the first is in line 2\n  hint: keep one of them";
    an_unknown_key: "  level: substantial" => "  levle: substantial", "26:3: spec.levle: no such key \"levle\"\n  hint: did you mean \"level\"? The keys here are authority, source, agreement, level, baseUrl, auth, limits, cache, codes, detail, echo, lookups, native, orkestrering, requests, testUrl, widgets";
    an_unknown_key_deep_inside: "legalBasis: Byggeloven § 1" => "legalBase: Byggeloven § 1", "23:5: spec.agreement.legalBase: no such key \"legalBase\"\n  hint: did you mean \"legalBasis\"? The keys here are legalBasis, reference, displayClients";
    a_missing_key: "    theme: housing\n" => "", "14:3: spec.source: the key \"theme\" is missing\n  hint: theme: The part of the page that the section stands in.";
    an_unknown_value: "theme: housing" => "theme: house", "18:12: spec.source.theme: no such value \"house\"\n  hint: did you mean \"housing\"? The values here are children-family, economy, housing, health, culture-leisure, work-education, cases, mail";
    a_wrong_type: "timeoutMs: 2000" => "timeoutMs: fast", "29:24: spec.limits.timeoutMs: must be a whole number";
    an_alias: "version: 1.0.0" => "version: *v", "5:12: not YAML: while parsing node, found unknown anchor\n  hint: a text that starts with * or & stands in quotes";
    an_anchor: "version: 1.0.0" => "version: &v 1.0.0", "5:15: metadata.version: tags, anchors and aliases are not part of contracts\n  hint: a text that starts with \"&\" or \"!\" stands in quotes";
    a_tag: "version: 1.0.0" => "version: !float 1.0.0", "5:19: metadata.version: tags, anchors and aliases are not part of contracts\n  hint: a text that starts with \"&\" or \"!\" stands in quotes";
    a_merge_key: "version: 1.0.0" => "<<: { version: 1.0.0 }", "5:3: metadata.<<: merge keys are not part of contracts\n  hint: write the keys out";
    another_api_version: "overblik/v1" => "overblik/v2", "1:13: apiVersion: must be \"overblik/v1\"";
    a_slug_in_capitals: "name: permits" => "name: Permits", "4:9: metadata.name: must be lower-case letters, digits and hyphens, starting with a letter\n4:9: metadata.name: differs from the name of its folder\n  hint: the folder is named \"permits\"";
    a_version_without_meaning: "version: 1.0.0" => "version: newest", "5:12: metadata.version: must be a version like 1.0.0";
    a_cvr_number_too_short: "\"90000042\"" => "\"9000004\"", "10:10: spec.authority.cvr: a CVR number has eight digits";
    a_telephone_number_with_spaces: "\"70000042\"" => "\"70 00 00 42\"", "13:31: spec.authority.contact[0].value: a telephone number has eight digits";
    no_uuid: "5b0e8f0a-6a55-4d3c-9f39-0c5f4e1f9a42" => "permits-1", "15:17: spec.source.itSystemId: must be a UUID in lower case";
    a_title_in_one_language: "en: Permits }" => "en: \"\" }", "16:34: spec.source.title.en: must not be empty";
    a_link_to_another_host: "link: https://www.birkerup.example/byg" => "link: https://evil.example/byg", "19:11: spec.source.link: its host is not in linkHosts\n  hint: linkHosts, with their subdomains, are birkerup.example";
    a_link_without_https: "link: https://www.birkerup.example/byg" => "link: http://www.birkerup.example/byg", "19:11: spec.source.link: not a plain https address (no user name, no port, ASCII only)\n  hint: linkHosts, with their subdomains, are birkerup.example";
    a_municipality_as_number: "[\"0901\"]" => "[\"901\"]", "21:34: spec.source.coverage.municipalities[0]: a municipality code has four digits, in quotes";
    no_display_client: "displayClients: [overblik]" => "displayClients: []", "25:5: spec.agreement.displayClients: at least one entry is needed";
    a_base_url_without_https: "https://byg.birkerup.example" => "http://byg.birkerup.example", "27:12: spec.baseUrl: must start with https://";
    a_base_url_without_host_name: "https://byg.birkerup.example" => "https://[::ffff:127.0.0.1]", "27:12: spec.baseUrl: must name a host, not a number";
    a_base_url_inside_the_house: "https://byg.birkerup.example" => "https://vault.internal", "27:12: spec.baseUrl: must be a public host name with a domain, without a dot at its end";
    a_base_url_with_a_user: "https://byg.birkerup.example" => "https://me@byg.birkerup.example", "27:12: spec.baseUrl: must hold no user name or password";
    r49_mutual_tls_without_a_certificate: "auth: { apiKey" => "auth: { mutualTls: {}, apiKey", "28:11: spec.auth.mutualTls: the deployment sets no client certificate for this source\n  hint: set sources.permits.client_certificate_file and sources.permits.client_key_file";
    a_key_in_a_header_of_the_gateway: "header: X-Api-Key" => "header: Authorization", "28:29: spec.auth.apiKey.header: this header belongs to the gateway";
    a_night_without_minutes: "bodyKib: 64 }" => "bodyKib: 64, serviceWindows: [{ weekly: { days: [sunday], from: \"2:00\", to: \"06:00\" } }] }", "29:94: spec.limits.serviceWindows[0].weekly.from: must be hour and minute in quotes, like \"02:00\"";
    a_night_beyond_the_day: "bodyKib: 64 }" => "bodyKib: 64, serviceWindows: [{ weekly: { days: [sunday], from: \"22:00\", to: \"24:00\" } }] }", "29:107: spec.limits.serviceWindows[0].weekly.to: must be hour and minute in quotes, like \"02:00\"\n  hint: the end of the day is \"00:00\"";
    a_window_that_ends_before_it_begins: "bodyKib: 64 }" => "bodyKib: 64, serviceWindows: [{ once: { from: \"2026-12-24T18:00\", to: \"2026-12-24T17:00\" } }] }", "29:100: spec.limits.serviceWindows[0].once.to: must be after its beginning";
    a_window_of_a_month: "bodyKib: 64 }" => "bodyKib: 64, serviceWindows: [{ once: { from: \"2026-12-24T18:00\", to: \"2027-01-24T17:00\" } }] }", "29:100: spec.limits.serviceWindows[0].once.to: must be within two weeks of its beginning";
    a_day_that_there_is_not: "bodyKib: 64 }" => "bodyKib: 64, serviceWindows: [{ once: { from: \"2026-02-30T18:00\", to: \"2026-03-01T17:00\" } }] }", "29:76: spec.limits.serviceWindows[0].once.from: must be day, hour and minute by the Danish clock, in quotes, like \"2026-12-24T18:00\"";
    no_time_left_for_asking: "bodyKib: 64 }" => "bodyKib: 64, serviceWindows: [{ weekly: { days: [monday, tuesday, wednesday, thursday, friday, saturday, sunday], from: \"00:00\", to: \"00:00\" } }] }", "29:59: spec.limits.serviceWindows: leave no time in the week for asking the source";
    no_room_at_all: "bodyKib: 64 }" => "bodyKib: 64, concurrency: 0 }", "29:56: spec.limits.concurrency: must be 1 to 1024\n  hint: concurrency: Most citizens for whom one gateway asks the source at the same time; 64 if nothing is said. Fewer are let through while the source takes much longer than usual, and more again when it does not.";
    asking_twice_what_may_change_something: "bodyKib: 64 }" => "bodyKib: 64, hedge: true }", "29:50: spec.limits.hedge: asks the source twice, which its contract does not say to be harmless\n  hint: if a repeated question changes nothing, say so: requests.cases.idempotent: true";
    a_time_limit_too_long: "timeoutMs: 2000" => "timeoutMs: 60000", "29:24: spec.limits.timeoutMs: must be 100 to 10000\n  hint: timeoutMs: For the whole answer, bodies and look-ups included, in milliseconds. Waiting for room is part of it.";
    a_body_without_limit: "bodyKib: 64" => "bodyKib: 0", "29:39: spec.limits.bodyKib: must be 1 to 4096\n  hint: bodyKib: For each body, in KiB.";
    a_citizen_in_the_path: "path: /cases" => "path: \"/cases/{citizen.cpr}\"", "33:13: spec.requests.cases.path: the citizen's number and keys never stand in a path: it ends up in logs; put them in a header or the body";
    a_path_without_slash: "path: /cases" => "path: cases", "33:13: spec.requests.cases.path: must start with \"/\"";
    a_path_that_climbs: "path: /cases" => "path: /a/../cases", "33:13: spec.requests.cases.path: must not hold \"//\", \"/./\" or \"/../\"";
    a_query_in_the_path: "path: /cases" => "path: \"/cases?all=1\"", "33:13: spec.requests.cases.path: a query belongs under \"query\"";
    a_citizen_in_the_query: "open: \"true\"" => "open: \"{citizen.cpr}\"", "34:22: spec.requests.cases.query.open: the citizen's number and keys never stand in a query: it ends up in logs; put them in a header or the body";
    a_header_of_the_connection: "X-Trace: fixed" => "Transfer-Encoding: chunked", "35:18: spec.requests.cases.headers.Transfer-Encoding: this header belongs to the gateway";
    a_header_with_an_underscore: "X-Trace: fixed" => "X_Trace: fixed", "35:18: spec.requests.cases.headers.X_Trace: a header name is letters, digits and hyphens";
    a_header_twice: "X-Trace: fixed" => "x-api-key: fixed", "35:18: spec.requests.cases.headers.x-api-key: this header is set twice";
    an_unknown_place: "{ cpr: \"{citizen.cpr}\"" => "{ cpr: \"{citizen.cprr}\"", "36:20: spec.requests.cases.body.cpr: no such place; a place is the whole value\n  hint: did you mean \"{citizen.cpr}\"? The places are {citizen.cpr}, {citizen.cprWithHyphen}, {citizen.municipality}, {language}, {request.id}, {item.key}, {keys}";
    a_place_within_a_text: "{ cpr: \"{citizen.cpr}\"" => "{ cpr: \"dk-{citizen.cpr}\"", "36:20: spec.requests.cases.body.cpr: no such place; a place is the whole value\n  hint: did you mean \"{citizen.cpr}\"? The places are {citizen.cpr}, {citizen.cprWithHyphen}, {citizen.municipality}, {language}, {request.id}, {item.key}, {keys}";
    a_request_about_nobody: "{ cpr: \"{citizen.cpr}\"" => "{ cpr: \"all\"", "31:5: spec.requests.cases: nothing says whom it is about: {citizen.cpr} must be in a header or the body";
    a_body_with_get: "method: POST\n      path: /cases" => "method: GET\n      path: /cases", "36:7: spec.requests.cases.body: a GET request has no body\n  hint: use POST";
    an_identity_missing: "      identity: { path: \"$.owner.cpr\" }\n" => "", "31:5: spec.requests.cases: the key \"identity\" is missing\n  hint: identity: Where the answer says whom it is about.";
    an_identity_waived_lightly: "{ path: \"$.owner.cpr\" }" => "{ none: \"not possible\" }", "37:25: spec.requests.cases.identity.none: must give the reason, in at least 20 characters, why the source cannot say whom it is about";
    a_refusal_read_as_nothing: "emptyStatus: [404]" => "emptyStatus: [404, 403]", "38:26: spec.requests.cases.emptyStatus[1]: status 403 never says that there is nothing";
    an_age_without_time: "formats: [\"yyyy-MM-ddTHH:mm:ss\"]" => "formats: [iso]", "39:41: spec.requests.cases.asOf.formats[0]: tells no time of day, which \"asOf\" needs";
    a_lookup_about_the_citizen: "ids: \"{keys}\"" => "ids: \"{citizen.cpr}\"", "52:20: spec.lookups.offices.body.ids: a lookup never carries the citizen's number";
    a_lookup_about_nothing: "ids: \"{keys}\"" => "ids: \"all\"", "46:5: spec.lookups.offices: nothing says what is looked up: {keys} must be in the body";
    a_lookup_of_another_request: "{ from: cases, path: \"$.cases[*].officeId\" }" => "{ from: casses, path: \"$.cases[*].officeId\" }", "48:19: spec.lookups.offices.keys[0].from: no such request \"casses\"\n  hint: did you mean \"cases\"? The requests are archive, cases";
    an_unknown_widget_kind: "kind: payment\n      from: cases" => "kind: paymnt\n      from: cases", "61:13: spec.widgets[0].kind: no such widget kind \"paymnt\"\n  hint: did you mean \"payment\"? The kinds are loan, reservation, waiting_list_place, enrolment, child_book_entry, payment, payment_line, benefit, service_benefit, case, timeline_entry, document, appointment, deadline, credential, health_card, master_data, mailbox";
    an_unknown_request: "from: cases\n      each" => "from: case\n      each", "62:13: spec.widgets[0].from: no such request \"case\"\n  hint: did you mean \"cases\"? The requests are archive, cases";
    an_unknown_field: "due_on: {" => "duedate: {", "64:24: spec.widgets[0].sortBy.field: no field \"due_on\" is mapped\n  hint: The mapped fields are amount, creditor, link, status, title\n74:9: spec.widgets[0].fields.duedate: no such field of widget kind \"payment\"\n  hint: did you mean \"due_on\"? The fields are title, creditor, amount, remaining, status, due_on, paid_on, link";
    a_required_field_missing: "        title: { path: \"$.title\", as: text }\n" => "", "66:7: spec.widgets[0].fields: the field \"title\" is missing, which \"payment\" requires";
    a_field_read_as_another_type: "path: \"$.title\", as: text" => "path: \"$.title\", as: integer", "67:39: spec.widgets[0].fields.title.as: \"title\" is not read as integer\n  hint: write \"as: text\"";
    a_field_without_a_type: "path: \"$.title\", as: text" => "path: \"$.title\"", "67:9: spec.widgets[0].fields.title: the key \"as\" is missing";
    formats_on_a_text: "path: \"$.title\", as: text" => "path: \"$.title\", as: text, formats: [iso]", "67:45: spec.widgets[0].fields.title.formats: \"formats\" goes with \"as: date\" or \"as: datetime\" only";
    a_date_without_formats: "as: date, formats: [iso, \"dd.MM.yyyy\"]" => "as: date", "74:9: spec.widgets[0].fields.due_on: \"as: date\" needs \"formats\"\n  hint: The formats are iso, dd.MM.yyyy, dd-MM-yyyy, yyyyMMdd, iso-datetime, yyyy-MM-dd HH:mm:ssZ, yyyy-MM-ddTHH:mm:ss, yyyy-MM-ddTHH:mm, dd.MM.yyyy HH:mm, dd-MM-yyyy HH:mm";
    an_unknown_date_format: "\"dd.MM.yyyy\"" => "\"dd/MM/yyyy\"", "74:59: spec.widgets[0].fields.due_on.formats[1]: no such date format \"dd/MM/yyyy\"\n  hint: did you mean \"dd-MM-yyyy\"? The formats are iso, dd.MM.yyyy, dd-MM-yyyy, yyyyMMdd, iso-datetime, yyyy-MM-dd HH:mm:ssZ, yyyy-MM-ddTHH:mm:ss, yyyy-MM-ddTHH:mm, dd.MM.yyyy HH:mm, dd-MM-yyyy HH:mm";
    an_unknown_money_format: "format: oere" => "format: ore", "72:53: spec.widgets[0].fields.amount.format: no such money format \"ore\"\n  hint: did you mean \"oere\"? The formats are decimal, danish, oere";
    a_join_without_a_key: "join: offices, key: \"$.officeId\"," => "join: offices,", "71:15: spec.widgets[0].fields.creditor.firstOf[1]: \"join\" needs \"key\"";
    an_unknown_lookup: "join: offices" => "join: office", "71:23: spec.widgets[0].fields.creditor.firstOf[1].join: no such lookup \"office\"\n  hint: did you mean \"offices\"? The lookups are offices";
    an_unknown_code_list: "list: status" => "list: state", "73:52: spec.widgets[0].fields.status.list: no such code list \"state\"\n  hint: did you mean \"status\"? The code lists are status";
    texts_for_a_field_with_values: "      values:\n        open: coming\n        closed: paid" => "      texts:\n        open: { da: Åben, en: Open }", "72:52: spec.widgets[0].fields.status.list: \"status\" has values of its own: its list needs \"values\", not \"texts\"";
    a_value_that_the_vocabulary_lacks: "closed: paid" => "closed: payed", "59:17: spec.codes.status.values.closed: no such value \"payed\" of \"status\"\n  hint: did you mean \"paid\"? The values are coming, paid, overdue, sent_to_debt_agency, partly_overdue, partly_sent_to_debt_agency, partly_overdue_and_sent";
    sorting_by_a_text: "sortBy: { field: due_on" => "sortBy: { field: title", "64:24: spec.widgets[0].sortBy.field: only dates, amounts and numbers can be sorted by";
    sorting_by_what_is_not_mapped: "sortBy: { field: due_on" => "sortBy: { field: paid_on", "64:24: spec.widgets[0].sortBy.field: no field \"paid_on\" is mapped\n  hint: The mapped fields are amount, creditor, due_on, link, status, title";
    a_limit_too_high: "limit: 100" => "limit: 5000", "65:14: spec.widgets[0].limit: must be 1 to 500\n  hint: limit: Most widgets, 1 to 500; goes with `each`.";
    an_unused_code_list: "codes:\n" => "codes:\n    grade:\n      texts: { a: { da: A, en: A } }\n", "56:5: spec.codes.grade: no widget uses it\n  hint: remove it, or show what it gives";
    an_unused_request: "  lookups:\n" => "    extra:\n      method: GET\n      path: /x\n      headers: { x-cpr: \"{citizen.cpr}\" }\n      identity: { header: x-owner }\n  lookups:\n", "45:5: spec.requests.extra: no widget uses it\n  hint: remove it, or show what it gives";
    a_code_in_one_language: "      values:\n        open: coming\n        closed: paid" => "      texts:\n        open: { da: Åben }", "58:9: spec.codes.status.texts.open: the key \"en\" is missing\n  hint: en: The English text; every text stands in both languages.";
    a_first_of_one: "            - { path: \"$.creditor\", as: text }\n" => "", "69:11: spec.widgets[0].fields.creditor.firstOf: at least 2 entries are needed";
    no_json_path: "each: \"$.cases\"" => "each: \"$.cases[\"", "63:13: spec.widgets[0].each: not an RFC 9535 JSONPath: at position 7, parser error";
    a_json_path_of_two_wildcards: "each: \"$.cases\"" => "each: \"$[*,*]\"", "63:13: spec.widgets[0].each: only one selector per segment, and no functions of several arguments";
    a_list_that_is_searched_for: "each: \"$.cases\"" => "each: \"$..cases\"", "63:13: spec.widgets[0].each: leaves open which lists must be there: an answer with nothing could not be told from a broken one\n  hint: write the list with every list around it, from the top: \"$.list\", \"$.list[?@.open == true]\" or \"$.children[*].list\"";
    a_list_that_is_searched_for_in_items: "each: \"$.cases\"" => "each: \"$.cases[*]..parts\"", "63:13: spec.widgets[0].each: leaves open which lists must be there: an answer with nothing could not be told from a broken one\n  hint: write the list with every list around it, from the top: \"$.list\", \"$.list[?@.open == true]\" or \"$.children[*].list\"";
    some_items_by_their_place: "each: \"$.cases\"" => "each: \"$.cases[0:3]\"", "63:13: spec.widgets[0].each: leaves open which lists must be there: an answer with nothing could not be told from a broken one\n  hint: write the list with every list around it, from the top: \"$.list\", \"$.list[?@.open == true]\" or \"$.children[*].list\"";
    a_pointer_for_a_json_path: "each: \"$.cases\"" => "each: /cases", "63:13: spec.widgets[0].each: must start with \"$\"\n  hint: that is a JSON Pointer; as a JSONPath it is written \"$.cases\"";
}

#[test]
fn every_mistake_of_every_contract_is_told_at_once() {
    let first = CONTRACT.replace("limit: 100", "limit: 0").replace("as: money, format: oere", "as: money");
    let second = CONTRACT.replace("kind: Connector", "kind: Source");
    let folder = Folder::with(&[("birkerup/permits", &first), ("birkerup/wardrobe", &second)]);
    let mistakes = load(&folder).err().expect("mistakes");
    let told: Vec<String> = mistakes
        .as_slice()
        .iter()
        .map(|mistake| {
            let file = mistake.file.strip_prefix(folder.path()).expect("a file of the folder").display().to_string();
            let line = mistake.position.map_or(0, |position| position.line);
            format!("{file}:{line}: {}: {}", mistake.path, mistake.message)
        })
        .collect();
    let taken = format!("already taken by {}", folder.path().join("birkerup/permits/connector.yaml").display());
    assert_eq!(
        told,
        [
            "birkerup/permits/connector.yaml:65: spec.widgets[0].limit: must be 1 to 500".to_owned(),
            "birkerup/permits/connector.yaml:72: spec.widgets[0].fields.amount: \"as: money\" needs \"format\""
                .to_owned(),
            "birkerup/wardrobe/connector.yaml:2: kind: must be \"Connector\"".to_owned(),
            format!("birkerup/wardrobe/connector.yaml:4: metadata.name: {taken}"),
            "birkerup/wardrobe/connector.yaml:4: metadata.name: differs from the name of its folder".to_owned(),
            format!("birkerup/wardrobe/connector.yaml:15: spec.source.itSystemId: {taken}"),
            "birkerup/wardrobe/connector.yaml:28: spec.auth.apiKey: the deployment sets no API key for this source"
                .to_owned(),
        ]
    );
}

#[test]
fn a_json_path_bomb_is_a_mistake_and_not_a_crash() {
    let bomb = format!("\"$[?{}@.a{}]\"", "(".repeat(20_000), ")".repeat(20_000));
    assert_eq!(
        report("each: \"$.cases\"", &format!("each: {bomb}")),
        "63:13: spec.widgets[0].each: longer than 512 bytes"
    );
    let short = format!("\"$[?{}@.a{}]\"", "(".repeat(200), ")".repeat(200));
    let told = report("each: \"$.cases\"", &format!("each: {short}"));
    assert_eq!(told, "63:13: spec.widgets[0].each: brackets and parentheses are nested deeper than 8");
}

#[test]
fn a_contract_that_is_too_large_or_too_deep_is_not_parsed() {
    let large = format!("{CONTRACT}#{}\n", "x".repeat(64 * 1024));
    assert_eq!(report_on(&large), " larger than 64 KiB");
    let deep = |depth: usize| report_on(&format!("a: {}{}\n", "[".repeat(depth), "]".repeat(depth)));
    assert!(deep(100).ends_with("nested deeper than 24 levels"), "{}", deep(100));
    assert!(deep(30_000).contains("not YAML: recursion limit exceeded"), "{}", deep(30_000));
    let bomb = "a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n";
    let told = report_on(bomb);
    assert!(told.contains("tags, anchors and aliases are not part of contracts"), "{told}");
}

#[test]
fn a_file_that_is_no_text_is_told_by_its_name() {
    let folder = Folder::with(&[("birkerup/permits", "")]);
    let file = folder.path().join("birkerup/permits/connector.yaml");
    std::fs::write(&file, [0xff, 0xfe, 0x00]).expect("a file");
    let mistakes = load(&folder).err().expect("mistakes").to_string();
    assert!(mistakes.starts_with(&format!("{}: cannot be read: ", file.display())), "{mistakes}");
}

#[test]
fn a_folder_without_a_contract_is_a_mistake() {
    let folder = Folder::with(&[("birkerup/permits", CONTRACT)]);
    let stray = folder.path().join("birkerup/wardrobe");
    std::fs::create_dir(&stray).expect("a folder");
    std::fs::write(folder.path().join("README.md"), "beside them").expect("a file");
    let told = load(&folder).err().expect("mistakes").to_string();
    assert_eq!(told, format!("{}: holds no connector.yaml", stray.display()));
}

#[test]
fn a_directory_without_contracts_is_a_mistake() {
    let folder = Folder::with(&[]);
    let none = LoadOptions::default();
    let told = ConnectorSet::load(folder.path(), &none).err().expect("mistakes").to_string();
    let expected = "holds no contract\n  hint: a contract is <authority>/<source>/connector.yaml";
    assert_eq!(told, format!("{}: {expected}", folder.path().display()));
    let missing = ConnectorSet::load(&folder.path().join("nowhere"), &none).err().expect("mistakes").to_string();
    assert!(missing.contains("nowhere: cannot be read: "), "{missing}");
}

#[test]
fn what_the_deployment_sets_is_checked_with_the_contract() {
    use AddressPolicy::{LoopbackAllowed, Production};
    let folder = Folder::with(&[("birkerup/permits", CONTRACT)]);
    let told = |slug: &str, base_url: Option<&str>, api_key: Option<&str>, address_policy| {
        let endpoint = Endpoint {
            base_url: base_url.map(|url| url.parse().expect("a URL")),
            api_key: api_key.map(|key| Secret::new(key.into())),
            ..Endpoint::default()
        };
        let endpoints = BTreeMap::from([(slug.to_owned(), endpoint)]);
        let options = LoadOptions { endpoints, address_policy, ..LoadOptions::default() };
        match ConnectorSet::load(folder.path(), &options) {
            Ok(_) => String::new(),
            Err(mistakes) => mistakes.to_string().replace(&folder.path().display().to_string(), "contracts"),
        }
    };
    let at = "contracts/birkerup/permits/connector.yaml";
    let key = Some("k");
    assert_eq!(told("permits", Some("https://other.birkerup.example/base"), key, Production), "");
    assert_eq!(told("permits", Some("http://127.0.0.1:4001"), key, LoopbackAllowed), "");
    assert_eq!(
        told("permits", Some("http://127.0.0.1:4001"), key, Production),
        format!("{at}:27:12: spec.baseUrl: the address that the deployment sets instead must start with https://")
    );
    assert_eq!(
        told("permits", Some("https://10.0.0.1"), key, LoopbackAllowed),
        format!(
            "{at}:27:12: spec.baseUrl: the address that the deployment sets instead must name a host, not a number"
        )
    );
    let missing = format!("{at}:28:11: spec.auth.apiKey: the deployment sets no API key for this source");
    assert_eq!(told("permits", None, None, Production), missing);
    assert_eq!(
        told("permits", None, Some("k\n"), Production),
        format!("{at}:28:11: spec.auth.apiKey: the API key that the deployment sets is not visible ASCII")
    );
    assert_eq!(
        told("permit", None, key, Production),
        format!(
            "contracts: the deployment has settings for \"permit\", which no contract declares\n  \
             hint: did you mean \"permits\"? The sources are permits\n{missing}"
        )
    );
}

/// The sources of this repository: by theme, then by name.
const IN_ORDER: [&str; 11] = [
    "child-book",
    "daycare",
    "benefits",
    "payments",
    "master-data",
    "appointments",
    "health-card",
    "library",
    "deadlines",
    "cases",
    "mailbox",
];

#[test]
fn r49_tls_files_that_cannot_be_used_are_told_with_their_setting() {
    let folder = Folder::with(&[("birkerup/permits", CONTRACT)]);
    let mut options = options(AddressPolicy::Production, None);
    let file = folder.path().join("roots.pem");
    let endpoint = options.endpoints.get_mut("permits").expect("the source");
    endpoint.tls = TlsFiles { trusted_roots: Some(file.clone()), ..TlsFiles::default() };
    let told = || ConnectorSet::load(folder.path(), &options).err().expect("mistakes").to_string();
    let missing = told();
    let expected = format!("{}: sources.permits.trusted_roots_file: cannot be read: No such file", file.display());
    assert!(missing.starts_with(&expected), "{missing}");
    std::fs::write(&file, "nothing").expect("written");
    let expected = format!(
        "{}: sources.permits.trusted_roots_file: holds no certificate\n  \
         hint: the file holds -----BEGIN CERTIFICATE----- blocks",
        file.display()
    );
    assert_eq!(told(), expected);
}

#[test]
fn the_contracts_of_this_repository_load_in_the_order_of_the_page() {
    let certificates = TempDir::new().expect("a directory");
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contracts/authorities");
    let secret = || Some(Secret::new("k".into()));
    let endpoint = |slug: &str| Endpoint {
        api_key: secret(),
        client_id: Some("overblik".into()),
        client_secret: Some(Secret::new(format!("secret-of-{slug}"))),
        user: Some("overblik".into()),
        password: secret(),
        tls: client_certificate(certificates.path()),
        ..Endpoint::default()
    };
    let options = LoadOptions {
        endpoints: IN_ORDER.map(|slug| (slug.to_owned(), endpoint(slug))).into(),
        signer: Some(Arc::new(TestSigner::default())),
        login_token_hosts: ["login.example".to_owned()].into(),
        ..LoadOptions::default()
    };
    let set = ConnectorSet::load(&directory, &options).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let slugs: Vec<&str> = set.connectors().map(|connector| connector.source().slug.as_str()).collect();
    assert_eq!(slugs, IN_ORDER);
}
