//! What the authors of contracts are told about data models.

use crate::{
    contract_mistakes::report_on,
    orkestrering::{CASE_MODEL, contract},
    support::SERVICES,
};

const AUTHORITIES: &str = "authorities: [\"0901\", \"0902\"]";

/// The report on a contract after one change, without the file's name.
fn report(from: &str, to: &str) -> String {
    let contract = contract(CASE_MODEL);
    assert_eq!(contract.matches(from).count(), 1, "the change must be one: {from}");
    report_on(&contract.replace(from, to))
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

mistakes! {
    a_model_that_nobody_knows: "BorgervendtSag" => "BorgervendtSager", "32:22: spec.orkestrering.models[0].name: no such data model \"BorgervendtSager\"\n  hint: did you mean \"BorgervendtSag\"? The data models are BorgervendtAftaleFrister, BorgervendtAkkreditiv, BorgervendtGaeldogBetaling, BorgervendtOekonomiskYdelse, BorgervendtSag, BorgervendtServiceydelse, Stamdata";
    a_version_that_nobody_knows: "2.0.1" => "2.1.0", "32:47: spec.orkestrering.models[0].version: no such version \"2.1.0\" of BorgervendtSag\n  hint: the known versions of BorgervendtSag are 0.8.0, 2.0.1";
    a_version_that_is_a_number: "2.0.1" => "0.8", "32:47: spec.orkestrering.models[0].version: must be text\n  hint: put it in quotes: \"0.8\"";
    a_model_in_two_versions: CASE_MODEL => format!("{CASE_MODEL}, {}", CASE_MODEL.replace("2.0.1", "0.8.0")), "32:64: spec.orkestrering.models[1].name: \"BorgervendtSag\" stands here twice\n  hint: a source answers in one version of a model; another source may answer in another";
    a_model_without_version: ", version: 2.0.1" => "", "32:14: spec.orkestrering.models[0]: the key \"version\" is missing\n  hint: version: Its version, as three numbers. Answers may differ from it in the last.";
    no_model: CASE_MODEL => "", "32:5: spec.orkestrering.models: at least one entry is needed";
    a_path_that_is_none: "2.0.1 }" => "2.0.1, path: sager }", "32:60: spec.orkestrering.models[0].path: must start with \"/\"";
    no_authorities: &format!("    {AUTHORITIES}\n") => "", "30:3: spec.orkestrering: the key \"authorities\" is missing\n  hint: authorities: The codes of the authorities whose data the agreement covers, in quotes; sent as `myndighedsliste`. An answer with data of any other is dropped whole, and the source is not asked again until an operator lets it in.";
    an_empty_list_of_authorities: AUTHORITIES => "authorities: []", "31:5: spec.orkestrering.authorities: at least one entry is needed";
    an_authority_twice: AUTHORITIES => "authorities: [\"0901\", \"0901\"]", "31:27: spec.orkestrering.authorities[1]: the code \"0901\" stands here twice";
    an_authority_with_a_blank: AUTHORITIES => "authorities: [\"09 01\"]", "31:19: spec.orkestrering.authorities[0]: an authority's code is letters and digits; municipalities have four digits, in quotes";
    an_authority_without_quotes: AUTHORITIES => "authorities: [0901]", "31:19: spec.orkestrering.authorities[0]: must be text\n  hint: put it in quotes: \"0901\"";
    a_display_client_outside_the_agreement: AUTHORITIES => format!("{AUTHORITIES}\n    displayClients: {{ overbliq: x }}"), "32:23: spec.orkestrering.displayClients.overbliq: the agreement covers no such display client\n  hint: did you mean \"overblik\"? The display clients of the agreement are overblik";
    a_display_client_with_a_blank: AUTHORITIES => format!("{AUTHORITIES}\n    displayClients: {{ overblik: \"a b\" }}"), "32:33: spec.orkestrering.displayClients.overblik: must be at most 100 characters of visible ASCII without blanks";
    a_mapping_of_its_own: "  orkestrering:" => "  codes: { x: { values: { a: b } } }\n  orkestrering:", "30:3: spec.codes: the models of \"orkestrering\" say how their source is asked and read\n  hint: leave \"codes\" out, or \"orkestrering\"";
    a_connector_in_rust_beside: "  orkestrering:" => "  native: { connector: regional-appointments, path: /x }\n  orkestrering:", "31:3: spec.orkestrering: a connector in Rust asks and reads by itself\n  hint: leave \"orkestrering\" out, or \"native\"";
    a_misspelt_part: "  orkestrering:" => "  orkestration:", "30:3: spec.orkestration: no such key \"orkestration\"\n  hint: did you mean \"orkestrering\"? The keys here are authority, source, agreement, level, baseUrl, auth, limits, cache, codes, detail, echo, lookups, native, orkestrering, requests, testUrl, widgets";
}

#[test]
fn a_contract_that_asks_and_maps_by_itself_has_no_models() {
    let both = format!("{SERVICES}  orkestrering: {{ authorities: [\"0901\"], models: [{CASE_MODEL}] }}\n");
    assert_eq!(
        report_on(&both),
        "30:3: spec.requests: the models of \"orkestrering\" say how their source is asked and read\n  hint: leave \"requests\" out, or \"orkestrering\"\n46:3: spec.lookups: the models of \"orkestrering\" say how their source is asked and read\n  hint: leave \"lookups\" out, or \"orkestrering\"\n58:3: spec.widgets: the models of \"orkestrering\" say how their source is asked and read\n  hint: leave \"widgets\" out, or \"orkestrering\""
    );
}
