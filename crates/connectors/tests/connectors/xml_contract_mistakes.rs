//! What the authors of contracts are told about XML, SOAP, and places.

use crate::support::{Folder, options};
use crate::xml_sources::CONTRACT;
use overblik_connectors::{AddressPolicy, ConnectorSet};

fn load(contract: &str) -> Result<(), String> {
    let folder = Folder::with(&[("birkerup/permits", contract)]);
    match ConnectorSet::load(folder.path(), &options(AddressPolicy::Production, None)) {
        Ok(_) => Ok(()),
        Err(mistakes) => {
            let file = folder.path().join("birkerup/permits/connector.yaml");
            Err(mistakes.to_string().replace(&format!("{}:", file.display()), ""))
        }
    }
}

#[test]
fn the_contract_that_the_changes_start_from_has_no_mistake() {
    assert_eq!(load(CONTRACT), Ok(()));
}

/// One row per mistake: what is changed, into what, and the report.
macro_rules! mistakes {
    ($($name:ident: $from:expr => $to:expr, $report:expr;)*) => {$(
        #[test]
        fn $name() {
            assert_eq!(CONTRACT.matches($from).count(), 1, "the change must be one");
            assert_eq!(load(&CONTRACT.replace($from, $to)), Err($report.to_owned()));
        }
    )*};
}

mistakes! {
    a_page_named_in_a_body_in_xml: "identity: { path: \"$.Envelope.Body.svar['@cpr']\" }" => "pages: { next: \"$.Envelope.Body.svar.next\", at: { body: page }, max: 3 }\n      identity: { path: \"$.Envelope.Body.svar['@cpr']\" }", "49:63: spec.requests.benefits.pages.at.body: a body in XML has no keys at its top\n  hint: name the page in the query or in a header";
    a_format_of_another_kind: "format: xml\n      xml: { repeated: [\"ydelser/ydelse\"] }" => "format: yaml", "47:15: spec.requests.benefits.format: no such value \"yaml\"\n  hint: The values here are json, xml";
    lists_of_xml_in_json: "format: xml\n      xml: { repeated: [\"ydelser/ydelse\"] }" => "xml: { repeated: [\"ydelser/ydelse\"] }", "47:7: spec.requests.benefits.xml: \"xml\" goes with \"format: xml\" only\n  hint: write \"format: xml\" beside it";
    a_list_without_its_holder: "\"ydelser/ydelse\"" => "\"ydelse\"", "48:25: spec.requests.benefits.xml.repeated[0]: must be two names, of the element that holds the list and of its entries: \"sager/sag\"";
    a_list_with_a_prefix: "\"ydelser/ydelse\"" => "\"y:ydelser/y:ydelse\"", "48:25: spec.requests.benefits.xml.repeated[0]: must be two names, of the element that holds the list and of its entries: \"sager/sag\"\n  hint: names are written without the prefix of their namespace";
    a_list_twice: "\"ydelser/ydelse\"" => "\"ydelser/ydelse\", \"ydelser/ydelse\"", "48:43: spec.requests.benefits.xml.repeated[1]: is there already";
    a_body_that_is_no_xml: "</y:HentYdelser>\n" => "</HentYdelser>\n", "39:11: spec.requests.benefits.body.xml: line 6, column 5 of the XML: not XML as it is sent: not well-formed";
    a_definition_in_the_body: "<soapenv:Envelope" => "<!DOCTYPE a><soapenv:Envelope", "39:11: spec.requests.benefits.body.xml: line 1, column 1 of the XML: not XML as it is sent: a document type definition";
    an_unknown_place_in_xml: "{citizen.cprWithHyphen}" => "{citizen.cpr-with-hyphen}", "39:11: spec.requests.benefits.body.xml: line 4, column 14 of the XML: no such place; a brace itself is written &#123; or &#125;\n  hint: did you mean \"{citizen.cprWithHyphen}\"? The places are {citizen.cpr}, {citizen.cprWithHyphen}, {citizen.municipality}, {language}, {request.id}, {item.key}, {keys}";
    a_place_for_keys_about_a_citizen: "{citizen.cprWithHyphen}" => "{keys}", "39:11: spec.requests.benefits.body.xml: only a lookup has keys";
    xml_about_nobody: "{citizen.cprWithHyphen}" => "alle", "31:5: spec.requests.benefits: nothing says whom it is about: {citizen.cpr} must be in a header or the body";
    a_lookup_in_xml_about_the_citizen: "<id>{keys}</id>" => "<id>{keys}</id>{citizen.cpr}", "58:20: spec.lookups.payers.body.xml: a lookup never carries the citizen's number";
    a_lookup_in_xml_about_a_municipality: "<id>{keys}</id>" => "<id>{keys}</id>{citizen.municipality}", "58:20: spec.lookups.payers.body.xml: a lookup is about no citizen and carries nothing of one";
    keys_that_are_a_part_of_a_text: "<id>{keys}</id>" => "<id>nr. {keys}</id>", "58:20: spec.lookups.payers.body.xml: line 1, column 16 of the XML: {keys} is the whole text of an element, which is written once for each key and has no other place";
    an_attribute_after_a_dot: "$.Envelope.Body.svar['@cpr']" => "$.Envelope.Body.svar.@cpr", "49:25: spec.requests.benefits.identity.path: not an RFC 9535 JSONPath: at position 21, in dot member name, must start with lowercase alpha or '_'\n  hint: write \"$.Envelope.Body.svar['@cpr']\"";
    a_text_after_a_dot: "$.Envelope.Body.svar['@cpr']" => "$.Envelope.Body.svar.cpr.#text", "49:25: spec.requests.benefits.identity.path: not an RFC 9535 JSONPath: at position 25, in dot member name, must start with lowercase alpha or '_'\n  hint: write \"$.Envelope.Body.svar.cpr['#text']\"";
    a_prefix_in_a_path: "$.Envelope.Body.svar['@cpr']" => "$.s:Envelope.s:Body.y:svar.y:cpr", "49:25: spec.requests.benefits.identity.path: not an RFC 9535 JSONPath: at position 3, parser error\n  hint: names in XML are written without their prefix, as in \"$.Envelope.Body.svar.cpr\"";
    an_action_without_an_envelope: "format: xml\n      xml: { repeated: [\"svar/kreditor\"] }" => "soapAction: urn:x\n      format: xml\n      xml: { repeated: [\"svar/kreditor\"] }", "59:7: spec.lookups.payers.soapAction: goes with a SOAP envelope only\n  hint: the root of \"body.xml\" is Envelope, in the namespace of SOAP 1.1 or 1.2";
    an_action_with_a_quote: "soapAction: urn:birkerup:HentYdelser" => "soapAction: 'urn:\"x'", "36:19: spec.requests.benefits.soapAction: must be at most 500 characters of visible ASCII without \"\\\" and quotes";
    an_action_as_a_header: "x-requestId: \"{request.id}\"" => "SOAPAction: x", "35:18: spec.requests.benefits.headers.SOAPAction: this header belongs to the gateway";
    a_number_in_the_query: "sprog: \"{language}\"" => "cpr: \"{citizen.cprWithHyphen}\"", "34:21: spec.requests.benefits.query.cpr: the citizen's number and keys never stand in a query: it ends up in logs; put them in a header or the body";
    a_municipality_in_the_query: "sprog: \"{language}\"" => "k: \"{citizen.municipality}\"", "34:19: spec.requests.benefits.query.k: the citizen's number and keys never stand in a query: it ends up in logs; put them in a header or the body";
    an_id_in_the_query: "sprog: \"{language}\"" => "id: \"{request.id}\"", "34:20: spec.requests.benefits.query.id: in a query only {language} has a place, as the whole value";
    a_language_within_a_value: "sprog: \"{language}\"" => "sprog: \"{language}-DK\"", "34:23: spec.requests.benefits.query.sprog: in a query only {language} has a place, as the whole value";
    a_place_as_a_name_in_the_query: "sprog: \"{language}\"" => "\"{language}\": x", "34:16: spec.requests.benefits.query.{language}: a name in a query is no place";
    an_id_within_a_header: "x-requestId: \"{request.id}\"" => "x-requestId: \"a-{request.id}\"", "35:31: spec.requests.benefits.headers.x-requestId: no such place; a place is the whole value\n  hint: did you mean \"{request.id}\"? The places are {citizen.cpr}, {citizen.cprWithHyphen}, {citizen.municipality}, {language}, {request.id}, {item.key}, {keys}";
}

#[test]
fn a_json_body_with_more_than_a_text_named_xml_is_json() {
    for json in
        ["{ xml: 1, who: \"{citizen.cpr}\" }", "{ xml: [\"{citizen.cpr}\"] }", "{ xml: { a: \"{citizen.cpr}\" } }"]
    {
        let start = CONTRACT.find("      soapAction").expect("a body");
        let end = CONTRACT.find("      format: xml").expect("a format");
        let contract = format!("{}      body: {json}\n{}", &CONTRACT[..start], &CONTRACT[end..]);
        assert_eq!(load(&contract), Ok(()), "{json}");
    }
}
