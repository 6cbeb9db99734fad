//! What the authors of contracts are told about the verbs of the mapping and about how answers are read.

use crate::{
    contract_mistakes::report_on,
    support::{SERVICES, VISITS, connector_set},
};

/// The report on the contract of services after one change, without the file's name.
fn report(from: &str, to: &str) -> String {
    assert_eq!(SERVICES.matches(from).count(), 1, "the change must be one: {from}");
    report_on(&SERVICES.replace(from, to))
}

/// One row per mistake: what is changed, into what, and the report.
macro_rules! mistakes {
    ($($name:ident: $from:expr => $to:expr, $report:expr;)*) => {$(
        #[test]
        fn $name() {
            assert_eq!(report($from, &$to), $report);
        }
    )*};
}

const CURSOR: &str = "at: { query: cursor }";
/// The part of the contract from a request's body to where its cursor goes.
const BODY_TO_CURSOR: &str = r#"body: { cpr: "{citizen.cpr}", page: 1 }
      identity: { path: "$.cpr" }
      authority: { path: "$.bills[*].authority", in: ["0901", "0902"] }
      emptyWhen: { path: "$.status", in: [NONE] }
      pages: { next: "$.next", at: { query: cursor }"#;

mistakes! {
    items_in_no_list_and_no_object: "one: \"$.child\"" => "limit: 1", "70:7: spec.widgets[1]: the key \"each\" is missing\n  hint: or \"one\", for a single object";
    items_in_both: "one: \"$.child\"" => "one: \"$.child\"\n      each: \"$.child\"", "72:7: spec.widgets[1].one: items are in a list (\"each\") or there is one (\"one\")";
    a_list_without_a_limit: "      limit: 10\n" => "", "79:7: spec.widgets[2]: \"each\" needs \"limit\"";
    items_chosen_by_what_they_have: "each: \"$.bills\"\n      where: { path: \"$.kind\", in: [list] }" => "each: \"$.bills[?@.before]\"", "81:13: spec.widgets[2].each: a filter of items must compare: items that lack something would be passed over unseen\n  hint: compare a value, as in \"[?@.open == true]\", or choose by \"where: { path: …, exists: true }\", which counts the items that no widget shows";
    a_limit_of_one: "one: \"$.child\"" => "one: \"$.child\"\n      limit: 1", "73:7: spec.widgets[1].limit: \"one\" is one widget and needs no limit";
    an_order_of_one: "one: \"$.child\"" => "one: \"$.child\"\n      sortBy: { field: starts_on, order: ascending }", "73:7: spec.widgets[1].sortBy: \"one\" is one widget and needs no order";
    one_on_several_pages: "      each: \"$.bills\"\n      where: { path: \"$.kind\", in: [list] }\n      limit: 10\n" => "      one: \"$.list\"\n", "81:7: spec.widgets[2].one: the answer has several pages, and each would have its own";
    items_of_no_code: "in: [list]" => "in: []", "82:32: spec.widgets[2].where.in: at least one entry is needed";
    items_of_a_code_twice: "in: [list]" => "in: [list, b, list]", "82:46: spec.widgets[2].where.in[2]: the code \"list\" stands here twice";
    a_code_shown_and_ignored: "ignore: [news]" => "ignore: [news, bill]", "62:52: spec.widgets[0].where.ignore: the code \"bill\" is shown and ignored";
    a_code_that_is_read_as_a_flag: "in: [list]" => "in: [list, true]", "82:43: spec.widgets[2].where.in[1]: must be text\n  hint: it was read as yes or no; put it in quotes: \"true\"";
    an_item_of_no_condition: "where: { path: \"$.kind\", in: [list] }" => "where: { path: \"$.kind\" }", "82:7: spec.widgets[2].where: the key \"in\" is missing\n  hint: or \"exists\", if it is enough that something stands there or nothing";
    an_item_of_a_code_that_exists: "in: [list]" => "in: [list], exists: true", "82:44: spec.widgets[2].where.exists: \"in\" and \"exists\" exclude each other\n  hint: write two conditions in a list: \"- { path: …, in: … }\" and \"- { path: …, exists: true }\"";
    an_existence_ignored: "in: [bill], ignore: [news]" => "exists: true, ignore: [news]", "62:46: spec.widgets[0].where.ignore: \"ignore\" lists codes, as \"in\" does";
    an_existence_in_quotes: "in: [list]" => "exists: \"yes\"", "82:40: spec.widgets[2].where.exists: must be true or false\n  hint: without quotes";
    one_of_several_conditions: "where: { path: \"$.kind\", in: [list] }" => "where: [{ path: \"$.kind\", in: [list] }, { path: time, exists: true }]", "82:55: spec.widgets[2].where[1].path: must start with \"$\"\n  hint: write \"$.time\"";
    a_condition_misspelt: "where: { path: \"$.kind\", in: [list] }" => "where: [{ path: \"$.kind\", in: [list] }, { path: \"$.time\", exist: true }]", "82:65: spec.widgets[2].where[1].exist: no such key \"exist\"\n  hint: did you mean \"exists\"? The keys here are path, exists, ignore, in";
    a_condition_alone_misspelt: "in: [list]" => "inn: [list]", "82:32: spec.widgets[2].where.inn: no such key \"inn\"\n  hint: did you mean \"in\"? The keys here are path, exists, ignore, in";
    no_conditions: "where: { path: \"$.kind\", in: [list] }" => "where: []", "82:7: spec.widgets[2].where: at least one entry is needed";
    a_condition_as_a_text: "where: { path: \"$.kind\", in: [list] }" => "where: \"$.kind == 'list'\"", "82:14: spec.widgets[2].where: must hold keys of its own\n  hint: here belong the keys path, exists, ignore, in";
    a_text_in_two_languages: "fixed: Birkerup Børnehus" => "fixed: { da: Børnehus, en: Daycare }", "75:31: spec.widgets[1].fields.institution.fixed: \"institution\" is a text in one language\n  hint: write the Danish text alone, as in \"fixed: Undersøgelse\": texts of a source are shown as Danish on the English page too";
    a_text_in_one_language_of_two: "fixed: Birkerup Børnehus" => "fixed: { da: Børnehus }", "75:24: spec.widgets[1].fields.institution.fixed: the key \"en\" is missing\n  hint: en: The English text; every text stands in both languages.";
    a_fixed_text_that_is_a_number: "fixed: Birkerup Børnehus" => "fixed: 5", "75:31: spec.widgets[1].fields.institution.fixed: must be text\n  hint: put it in quotes: \"5\"";
    a_value_of_the_outer_item_by_join: "{ join: offices, key: \"$.office\", path: \"$.name\" }" => "{ join: offices, key: \"$.office\", outer: \"$.name\" }", "66:49: spec.widgets[0].fields.title.concat[1].join: \"join\" does not go with \"outer\"\n66:64: spec.widgets[0].fields.title.concat[1].key: \"key\" does not go with \"outer\"";
    codes_from_no_json_path: "where: { path: \"$.kind\", in: [bill], ignore: [news] }" => "where: { path: kind, in: [bill] }", "62:22: spec.widgets[0].where.path: must start with \"$\"\n  hint: write \"$.kind\"";
    an_authority_without_path: "authority: { path: \"$.bills[*].authority\", in" => "authority: { in", "37:7: spec.requests.bills.authority: the key \"path\" is missing\n  hint: path: The JSONPath of the code: a text, a number or a flag.";
    nothing_in_no_word: "in: [NONE] }\n      pages" => "in: [] }\n      pages", "38:38: spec.requests.bills.emptyWhen.in: at least one entry is needed";
    pages_of_one: "max: 3" => "max: 1", "39:60: spec.requests.bills.pages.max: must be 2 to 20\n  hint: max: Most pages, 2 to 20, the first included. If the source has more, the section says that something is missing.";
    pages_without_end: "max: 3" => "max: 100", "39:60: spec.requests.bills.pages.max: must be 2 to 20\n  hint: max: Most pages, 2 to 20, the first included. If the source has more, the section says that something is missing.";
    a_cursor_nowhere: CURSOR => "at: { path: cursor }", "39:38: spec.requests.bills.pages.at.path: no such key \"path\"\n  hint: The keys here are query, header, body";
    a_cursor_in_a_place: CURSOR => "at: { query: \"{cursor}\" }", "39:45: spec.requests.bills.pages.at.query: the name of a parameter is visible ASCII without braces";
    a_cursor_instead_of_the_citizen: CURSOR => "at: { body: cpr }", "39:44: spec.requests.bills.pages.at.body: something else than the page stands there";
    a_cursor_by_pointer: CURSOR => "at: { body: /page }", "39:44: spec.requests.bills.pages.at.body: must be the name of a key at the top of the body\n  hint: write the key alone: page";
    a_cursor_instead_of_the_key: CURSOR => "at: { header: x-api-key }", "39:46: spec.requests.bills.pages.at.header: something else than the page stands there";
    a_cursor_in_a_header_of_the_gateway: CURSOR => "at: { header: cookie }", "39:46: spec.requests.bills.pages.at.header: this header belongs to the gateway";
    a_cursor_in_the_body_of_a_get: "      emptyWhen: { path: \"$.child.state\", in: [NONE] }\n" => "      pages: { next: \"$.next\", at: { body: page }, max: 2 }\n", "45:44: spec.requests.family.pages.at.body: a GET request has no body\n72:7: spec.widgets[1].one: the answer has several pages, and each would have its own";
    a_cursor_in_a_body_without_keys: BODY_TO_CURSOR => BODY_TO_CURSOR.replace("{ cpr: \"{citizen.cpr}\", page: 1 }", "[\"{citizen.cpr}\"]").replace("query: cursor }", "body: page }"), "39:44: spec.requests.bills.pages.at.body: the request has no body with keys\n  hint: the body must be a JSON object, in which the page is named by a key";
    a_lookup_slower_than_its_source: "timeoutMs: 300" => "timeoutMs: 2001", "51:18: spec.lookups.offices.timeoutMs: must be 50 milliseconds to the source's own time limit";
    a_lookup_remembered_for_a_day: "keepSeconds: 60" => "keepSeconds: 86400", "52:20: spec.lookups.offices.keepSeconds: must be 0 to 3600\n  hint: keepSeconds: How many seconds a citizen's session remembers what was found, 0 for not at all; 600 if nothing is said.";
    a_text_of_one_part: "[{ path: \"$.text\" }, { join: offices, key: \"$.office\", path: \"$.name\" }]" => "[{ path: \"$.text\" }]", "47:5: spec.lookups.offices: no widget uses it\n  hint: remove it, or show what it gives\n66:18: spec.widgets[0].fields.title.concat: at least 2 entries are needed";
    a_text_of_many_parts: "[{ path: \"$.text\" }, { join" => "[{ path: \"$.a\" }, { path: \"$.a\" }, { path: \"$.a\" }, { path: \"$.a\" }, { path: \"$.a\" }, { path: \"$.a\" }, { path: \"$.a\" }, { path: \"$.a\" }, { path: \"$.a\" }, { path: \"$.a\" }, { path: \"$.a\" }, { join", "66:18: spec.widgets[0].fields.title.concat: holds 12 entries; at most 10 are allowed";
    a_part_that_is_no_text: "{ path: \"$.text\" }," => "{ path: \"$.text\", as: integer },", "66:49: spec.widgets[0].fields.title.concat[0].as: \"title\" is not read as integer\n  hint: write \"as: text\"";
    a_part_that_is_fixed: "{ path: \"$.text\" }," => "{ fixed: Regning },", "66:29: spec.widgets[0].fields.title.concat[0].fixed: a part of a text is a place in the item or in a lookup's entry";
    a_separator_without_parts: "{ path: \"$.account\", as: maskedText }" => "{ path: \"$.account\", as: maskedText, separator: x }", "67:56: spec.widgets[0].fields.creditor.separator: \"separator\" does not go with \"path\"";
    a_type_for_a_text_of_parts: "separator: \" / \"" => "as: text", "66:100: spec.widgets[0].fields.title.as: \"as\" does not go with \"concat\"";
    a_fixed_text_of_nothing: "fixed: Birkerup Børnehus" => "fixed: \" \"", "75:31: spec.widgets[1].fields.institution.fixed: must not be empty";
    a_fixed_number: "percent: { path: \"$.percent\", as: integer }" => "percent: { fixed: \"5\" }", "77:34: spec.widgets[1].fields.fee_reduction_percent.fixed: \"fee_reduction_percent\" is no text, which \"fixed\" gives";
    a_fixed_text_of_a_type: "fixed: Birkerup Børnehus" => "fixed: Birkerup Børnehus, as: text", "75:50: spec.widgets[1].fields.institution.as: \"as\" does not go with \"fixed\"";
    a_count_of_no_list: "count: \"$.before[?@.left == false]\"" => "count: \"$.before\"", "87:25: spec.widgets[2].fields.place.count: must name a list and then its items: \"$.list[*]\" or \"$.list[?@.x == 'y']\"";
    a_count_of_values: "count: \"$.before[?@.left == false]\"" => "count: \"$.before[*].left\"", "87:25: spec.widgets[2].fields.place.count: counts the items of a list: the path must end with them, as in \"$.list[*]\"";
    a_count_anywhere: "count: \"$.before[?@.left == false]\"" => "count: \"$..before[*]\"", "87:25: spec.widgets[2].fields.place.count: must name a list and then its items: \"$.list[*]\" or \"$.list[?@.x == 'y']\"";
    a_count_as_text: "left == false]\" }" => "left == false]\", as: text }", "87:59: spec.widgets[2].fields.place.as: a count is an integer";
    a_count_for_a_text: "child: { path: \"$.text\", as: text }" => "child: { count: \"$.a[*]\" }", "85:18: spec.widgets[2].fields.child.count: \"child\" is no whole number, which \"count\" gives";
    a_sum_of_lists_in_lists: "sum: \"$.lines[*].oere\"" => "sum: \"$.lines[*].parts[*].oere\"", "68:24: spec.widgets[0].fields.amount.sum: only one list, and names and indexes after it";
    a_sum_without_a_type: "sum: \"$.lines[*].oere\", as: money, format: oere" => "sum: \"$.lines[*].oere\"", "68:9: spec.widgets[0].fields.amount: the key \"as\" is missing";
    a_sum_of_another_type: "sum: \"$.lines[*].oere\", as: money, format: oere" => "sum: \"$.lines[*].oere\", as: integer", "68:47: spec.widgets[0].fields.amount.as: \"amount\" is not read as integer\n  hint: write \"as: money\"";
    a_sum_of_texts: "{ path: \"$.account\", as: maskedText }" => "{ sum: \"$.lines[*].x\", as: text }", "67:46: spec.widgets[0].fields.creditor.as: only money and integers add up";
    a_sum_without_a_format: "as: money, format: oere" => "as: money", "68:9: spec.widgets[0].fields.amount: \"as: money\" needs \"format\"\n  hint: The formats are decimal, danish, oere";
    a_format_for_a_sum_of_numbers: "percent: { path: \"$.percent\", as: integer }" => "percent: { sum: \"$.p[*]\", as: integer, format: oere }", "77:62: spec.widgets[1].fields.fee_reduction_percent.format: \"format\" goes with \"as: money\" only";
    a_sum_and_a_path: "sum: \"$.lines[*].oere\"" => "sum: \"$.lines[*].oere\", path: \"$.oere\"", "68:43: spec.widgets[0].fields.amount.path: \"path\" does not go with \"sum\"";
    a_first_of_with_a_path: "{ firstOf: [{ path: \"$.list\", as: text }, { fixed: Hele kommunen }] }" => "{ firstOf: [{ path: \"$.list\", as: text }, { fixed: Hele kommunen }], path: \"$.x\" }", "86:84: spec.widgets[2].fields.list.path: \"path\" does not go with \"firstOf\"";
    a_first_of_in_another: "{ fixed: Hele kommunen }" => "{ firstOf: [{ fixed: a }, { fixed: b }] }", "86:59: spec.widgets[2].fields.list.firstOf[1].firstOf: \"firstOf\" cannot stand inside another";
    a_field_from_nowhere: "child: { path: \"$.name\", as: text }" => "child: { as: text }", "74:9: spec.widgets[1].fields.child: the key \"path\" is missing\n  hint: a value comes from path, outer, firstOf, concat, fixed, count or sum";
    a_mask_for_a_number: "path: \"$.percent\", as: integer" => "path: \"$.percent\", as: maskedText", "77:57: spec.widgets[1].fields.fee_reduction_percent.as: \"fee_reduction_percent\" is not read as maskedText\n  hint: write \"as: integer\"";
    a_time_for_a_date: "as: date, formats: [yyyyMMdd]" => "as: datetime, formats: [iso-datetime]", "76:42: spec.widgets[1].fields.starts_on.as: \"starts_on\" is not read as datetime\n  hint: write \"as: date\"";
    a_yes_without_a_no: ", true: [J, Y], false: [N]" => ", true: [J, Y]", "78:58: spec.widgets[1].fields.sibling_discount.true: \"true\" needs \"false\"";
    a_no_without_a_yes: ", true: [J, Y], false: [N]" => ", false: [N]", "78:58: spec.widgets[1].fields.sibling_discount.false: \"false\" needs \"true\"";
    a_yes_that_is_a_no: "false: [N]" => "false: [N, Y]", "78:79: spec.widgets[1].fields.sibling_discount.false: the code \"Y\" means both yes and no";
    a_yes_of_no_code: "true: [J, Y]" => "true: []", "78:58: spec.widgets[1].fields.sibling_discount.true: at least one entry is needed";
    a_yes_for_a_text: "path: \"$.name\", as: text" => "path: \"$.name\", as: text, true: [J]", "74:44: spec.widgets[1].fields.child.true: \"true\" goes with \"as: flag\" only";
    an_unknown_format: "  family:\n" => "  family:\n      format: yaml\n", "41:15: spec.requests.family.format: no such value \"yaml\"\n  hint: The values here are json, xml";
}

#[test]
fn what_an_older_yaml_reads_as_yes_or_no_is_text() {
    for code in ["N", "No", "y", "Yes", "on", "Off"] {
        let contract = SERVICES.replace("in: [list]", &format!("in: [list, {code}]"));
        connector_set(&contract, &"http://127.0.0.1:9".parse().expect("a URL"));
    }
}

#[test]
fn texts_of_the_contract_hold_nothing_that_is_not_shown() {
    let unshown =
        "which is not shown, or changes how the text around it is shown\n  hint: remove it, or type the text anew";
    assert_eq!(
        report("fixed: Birkerup Børnehus", "fixed: \"regning\\u202efdp.exe\""),
        format!("75:31: spec.widgets[1].fields.institution.fixed: holds the character U+202E, {unshown}")
    );
    assert_eq!(
        report("fixed: Birkerup Børnehus", "fixed: \"Birkerup\\nBørnehus\""),
        "75:31: spec.widgets[1].fields.institution.fixed: holds the character U+000A, which is not shown, or changes how \
         the text around it is shown\n  hint: a text is one line; YAML makes one of several after \">-\""
    );
    let told = report("separator: \" / \"", "separator: \" \\u2066 \"");
    assert!(told.contains("fields.title.separator: holds the character U+2066, "), "{told}");
    let told = report("title: { da: Ydelser,", "title: { da: \"Ydel\\u0007ser\",");
    assert!(told.contains("spec.source.title.da: holds the character U+0007, "), "{told}");
    let codes = "  codes:\n    state:\n      texts: { a: { da: \"Å\\u200fben\", en: Open } }\n  widgets:\n";
    let told = report("  widgets:\n", codes);
    assert!(told.contains("spec.codes.state.texts.a.da: holds the character U+200F, "), "{told}");
}

#[test]
fn a_query_s_cursor_takes_no_place_of_something_else() {
    let told = report("query: { size: \"2\", cursor: first }", "query: { size: \"2\", cursor: \"{language}\" }");
    assert!(told.ends_with("spec.requests.bills.pages.at.query: something else than the page stands there"), "{told}");
}

#[test]
fn texts_of_the_contract_are_short() {
    let long = "x".repeat(201);
    assert_eq!(
        report("fixed: Birkerup Børnehus", &format!("fixed: {long}")),
        "75:31: spec.widgets[1].fields.institution.fixed: must be at most 200 characters"
    );
    let told = report("separator: \" / \"", &format!("separator: {long}"));
    assert!(told.ends_with("spec.widgets[0].fields.title.separator: must be at most 200 characters"), "{told}");
}

#[test]
fn a_time_needs_formats_that_tell_it() {
    let report =
        |time: &str| report_on(&format!("{SERVICES}{}", VISITS.replace("as: datetime, formats: [iso-datetime]", time)));
    assert_eq!(
        report("as: datetime"),
        "96:9: spec.widgets[3].fields.starts_at: \"as: datetime\" needs \"formats\"\n  hint: The formats are iso-datetime, yyyy-MM-dd HH:mm:ssZ, yyyy-MM-ddTHH:mm:ss, yyyy-MM-ddTHH:mm, dd.MM.yyyy HH:mm, dd-MM-yyyy HH:mm"
    );
    assert_eq!(
        report("as: datetime, formats: [iso-datetime, iso]"),
        "96:74: spec.widgets[3].fields.starts_at.formats[1]: tells no time of day, which \"as: datetime\" needs"
    );
    assert_eq!(
        report("as: date, formats: [iso]"),
        "96:40: spec.widgets[3].fields.starts_at.as: \"starts_at\" is not read as date\n  hint: write \"as: datetime\""
    );
}

#[test]
fn an_answer_of_which_everything_may_be_absent_needs_a_word_for_nothing() {
    let optional = |contract: &str| contract.replace("one: \"$.child\"\n", "one: \"$.child\"\n      optional: true\n");
    drop(connector_set(&optional(SERVICES), &"https://api.birkerup.example".parse().expect("an address")));
    let silent = SERVICES.replace("      emptyWhen: { path: \"$.child.state\", in: [NONE] }\n", "");
    assert_eq!(
        report_on(&optional(&silent)),
        "72:7: spec.widgets[1].optional: everything that is mapped of \"family\" may be absent, and then nothing is said\n  hint: say under spec.requests.family.emptyWhen or emptyStatus how it answers when it has nothing, or leave \"optional\" out where a list is always there"
    );
}
