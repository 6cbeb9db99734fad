//! What the authors of contracts and the deployment are told about credentials: what needs what, and who may be shown what.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    credentials::TestSigner,
    support::{CONTRACT, Folder},
};
use overblik_connectors::{AddressPolicy, ConnectorSet, Endpoint, LoadOptions, Secret};

/// The report on the contract of `support` with this under `auth`, in a deployment that sets nothing for it but this.
fn report_on_auth(auth: &str, endpoint: Endpoint) -> String {
    report_on_auth_with(auth, endpoint, LoadOptions::default())
}

/// As [`report_on_auth`], in a deployment that sets this too.
fn report_on_auth_with(auth: &str, endpoint: Endpoint, options: LoadOptions) -> String {
    let contract = CONTRACT.replace("apiKey: { header: X-Api-Key }", auth);
    let folder = Folder::with(&[("birkerup/permits", &contract)]);
    let options = LoadOptions {
        endpoints: BTreeMap::from([("permits".to_owned(), endpoint)]),
        login_token_hosts: ["login.birkerup.example".to_owned()].into(),
        ..options
    };
    let file = folder.path().join("birkerup/permits/connector.yaml");
    let mistakes = ConnectorSet::load(folder.path(), &options).err().map(|mistakes| mistakes.to_string());
    mistakes.unwrap_or_default().replace(&format!("{}:", file.display()), "")
}

#[test]
fn a_source_is_shown_something_and_one_token_at_most() {
    let exchange = "tokenExchange: { tokenUrl: https://login.birkerup.example/token, audience: urn:permits }";
    let system = "clientCredentials: { tokenUrl: https://login.birkerup.example/token }";
    let client = || Endpoint {
        client_id: Some("gateway".into()),
        client_secret: Some(Secret::new("secret".into())),
        api_key: Some(Secret::new("k".into())),
        ..Endpoint::default()
    };
    for fine in [exchange, system] {
        assert_eq!(report_on_auth(fine, client()), "", "{fine}");
    }
    for without_certificate in ["mutualTls: {}", "mutualTls: {}, apiKey: { header: X-Key }"] {
        let report = report_on_auth(without_certificate, client());
        let expected =
            "28:11: spec.auth.mutualTls: the deployment sets no client certificate for this source\n  hint: ";
        assert!(report.starts_with(expected) && report.lines().count() == 2, "{report}");
    }
    let idws = "idws: { exchangeUrl: https://login.birkerup.example/x, audience: a, tokenUrl: https://b.example/t }";
    for (auth, expected) in [
        (
            "",
            "28:3: spec.auth: says nothing about how the gateway shows who it is\n  hint: the ways are mutualTls, apiKey, \
             clientCredentials, tokenExchange, citizenAssertion, idws, sessionKey",
        ),
        (
            &format!("{system}, {exchange}"),
            "28:82: spec.auth.tokenExchange: stands beside clientCredentials\n  hint: a call carries one token; apiKey and \
             mutualTls may stand beside it",
        ),
        (
            idws,
            "28:11: spec.auth.idws: needs mutualTls beside it\n  hint: add mutualTls: {}; the source's token is bound to the \
             gateway's certificate",
        ),
        (
            &exchange.replace("urn:permits", "'a b'"),
            "28:86: spec.auth.tokenExchange.audience: must be visible ASCII without quotes and backslashes, at most 255 \
             characters",
        ),
        (
            &exchange.replace("https://login.birkerup.example", "https://10.0.0.1"),
            "28:38: spec.auth.tokenExchange.tokenUrl: must name a host, not a number\n\
             28:38: spec.auth.tokenExchange.tokenUrl: is not at the identity provider, and nobody else is shown the token of a \
             citizen's login\n  hint: the deployment lets it be by login.endpoint_hosts, or by its own address in \
             sources.permits",
        ),
        (
            "apiKey: { header: X-Trace2 }, sessionKey: { login: { method: GET, path: login, body: ['{deployment.pass}'] }, key: key, header: X-Trace2 }",
            "28:3: spec.auth: two credentials are carried by the header x-trace2\n  hint: give each a header of its own\n\
             28:72: spec.auth.sessionKey.login.method: a log-in is a POST\n\
             28:83: spec.auth.sessionKey.login.path: must start with \"/\"\n\
             28:97: spec.auth.sessionKey.login.body[0]: no such place; a place is the whole value\n  hint: did you mean \
             \"{deployment.password}\"? The places are {deployment.user}, {deployment.password}\n\
             28:126: spec.auth.sessionKey.key: must start with \"$\"\n  hint: write \"$.key\"",
        ),
    ] {
        assert_eq!(report_on_auth(auth, client()), expected, "{auth}");
    }
}

#[test]
fn r45_a_contract_cannot_have_the_login_s_token_sent_to_itself() {
    let auth = "tokenExchange: { tokenUrl: https://byg.birkerup.example/token, audience: urn:permits }";
    let client = || Endpoint {
        client_id: Some("gateway".into()),
        client_secret: Some(Secret::new("secret".into())),
        ..Endpoint::default()
    };
    let told = report_on_auth(auth, client());
    assert!(told.starts_with("28:38: spec.auth.tokenExchange.tokenUrl: is not at the identity provider"), "{told}");
    // What the deployment sets itself is its own word.
    let at = "https://exchange.birkerup.example/token".parse().ok();
    assert_eq!(report_on_auth(auth, Endpoint { token_url: at, ..client() }), "");
}

#[test]
fn what_a_contract_needs_of_the_deployment_is_named() {
    let system = "clientCredentials: { tokenUrl: https://login.birkerup.example/token }";
    assert_eq!(
        report_on_auth(system, Endpoint::default()),
        "28:11: spec.auth.clientCredentials: the deployment sets no client_id for this source\n  hint: set \
         sources.permits.client_id\n\
         28:11: spec.auth.clientCredentials: the deployment has neither keys to sign with nor a client_secret for this \
         source\n  hint: set sources.permits.client_secret_file, or login.client_keys_file, which holds the gateway's keys"
    );
    assert_eq!(
        report_on_auth("citizenAssertion: { audience: urn:permits }", Endpoint::default()),
        "28:11: spec.auth.citizenAssertion: the deployment has no keys to sign with\n  hint: set login.client_keys_file, \
         which holds the gateway's keys"
    );
    let session = "sessionKey: { login: { method: POST, path: /login, body: { u: '{deployment.user}', p: '{deployment.password}' } }, key: $.k, header: X-Session }";
    let told = report_on_auth(session, Endpoint::default());
    for expected in ["the deployment sets no user for this source", "the deployment sets no password for this source"] {
        assert!(told.contains(expected), "{told}");
    }
}

#[test]
fn r46_an_authority_cannot_name_the_audience_of_another() {
    let contract = |auth: &str| CONTRACT.replace("apiKey: { header: X-Api-Key }", auth);
    let second = |auth: &str| contract(auth).replace("name: permits", "name: water").replace("5b0e8f0a", "6b0e8f0a");
    let told = |first: &str, folder: &str, second: &str| {
        let folder = Folder::with(&[("birkerup/permits", contract(first).as_str()), (folder, second)]);
        let endpoint = Endpoint {
            client_id: Some("gateway".into()),
            client_secret: Some(Secret::new("secret".into())),
            ..Endpoint::default()
        };
        let options = LoadOptions {
            endpoints: ["permits", "water"].map(|slug| (slug.to_owned(), endpoint.clone())).into(),
            login_token_hosts: ["login.birkerup.example".to_owned()].into(),
            ..LoadOptions::default()
        };
        ConnectorSet::load(folder.path(), &options).err().map(|mistakes| mistakes.to_string()).unwrap_or_default()
    };
    let at = "tokenUrl: https://login.birkerup.example/token";
    let exchange = format!("tokenExchange: {{ {at}, audience: urn:permits }}");
    let own = format!("clientCredentials: {{ {at}, audience: urn:permits }}");
    let scope = format!("clientCredentials: {{ {at}, scope: permits }}");
    let unscoped = format!("clientCredentials: {{ {at} }}");
    let more = scope.replace("scope: permits", "scope: water permits");
    let spelled = scope.replace("login.birkerup.example", "LOGIN.birkerup.example:443");
    let mixed = format!("clientCredentials: {{ {at}, audience: urn:water, scope: permits }}");
    let (taken, opens) = ("audience: already taken by ", "tokenUrl: gives a token that could open the source of ");
    for (one, other, part, refusal) in [
        (&exchange, &exchange, "tokenExchange", taken),
        // As the folders' names have it, the contract of Aadal is read first.
        (&exchange, &own, "tokenExchange", taken),
        (&own, &exchange, "clientCredentials", taken),
        (&own, &own.replace("urn:permits", "'urn:permits/'"), "clientCredentials", taken),
        (&scope, &scope, "clientCredentials", opens),
        (&scope, &more, "clientCredentials", opens),
        (&scope, &spelled, "clientCredentials", opens),
        (&scope, &unscoped, "clientCredentials", opens),
        (&unscoped, &scope, "clientCredentials", opens),
        (&scope, &mixed, "clientCredentials", opens),
    ] {
        let refused = told(one, "aadal/water", &second(other).replace("code: birkerup", "code: aadal"));
        assert!(refused.contains(&format!("spec.auth.{part}.{refusal}")), "{one} {other}: {refused}");
        assert_eq!(told(one, "birkerup/water", &second(other)), "", "of one authority");
    }
    let elsewhere = scope.replace("/token", "/another");
    for other in [&scope.replace("scope: permits", "scope: water"), &elsewhere] {
        let second = second(other).replace("code: birkerup", "code: aadal");
        assert_eq!(told(&scope, "aadal/water", &second), "", "another scope or endpoint opens something else");
    }
    let audiences = second(&mixed).replace("code: birkerup", "code: aadal");
    let own = own.replace(" }", ", scope: permits }");
    assert_eq!(told(&own, "aadal/water", &audiences), "", "an audience of its own bounds each");
}

#[test]
fn r46_a_secret_goes_to_one_host_unless_the_deployment_itself_says_otherwise() {
    let contract = |host: &str, name: &str| {
        let auth = format!("clientCredentials: {{ tokenUrl: 'https://{host}/token', audience: 'urn:{name}' }}");
        CONTRACT.replace("apiKey: { header: X-Api-Key }", &auth)
    };
    let water = |host: &str, authority: &str| {
        let contract = contract(host, "water").replace("name: permits", "name: water").replace("5b0e8f0a", "6b0e8f0a");
        contract.replace("code: birkerup", &format!("code: {authority}"))
    };
    let client = |secret: &str, token_url: Option<&str>| Endpoint {
        client_id: Some("gateway".into()),
        client_secret: Some(Secret::new(secret.into())),
        token_url: token_url.map(|url| url.parse().expect("a URL")),
        ..Endpoint::default()
    };
    let told = |authority: &str, host: &str, of_permits: Endpoint, of_water: Endpoint| {
        let folder = Folder::with(&[
            ("birkerup/permits", contract("tokens.shared.example", "permits").as_str()),
            (&format!("{authority}/water"), water(host, authority).as_str()),
        ]);
        let options = LoadOptions {
            endpoints: BTreeMap::from([("permits".into(), of_permits), ("water".into(), of_water)]),
            address_policy: AddressPolicy::Production,
            ..LoadOptions::default()
        };
        ConnectorSet::load(folder.path(), &options).err().map(|mistakes| mistakes.to_string()).unwrap_or_default()
    };
    let refusal =
        "spec.auth.clientCredentials.tokenUrl: would be shown the client_secret that the deployment sets for ";
    let evil = "tokens.aadal.example";
    let one = || client("one-secret", None);
    for of_permits in [one(), client("one-secret", Some("https://tokens.shared.example/v2/token"))] {
        let refused = told("aadal", evil, of_permits, one());
        assert!(refused.contains(refusal) && refused.contains("token_url"), "{refused}");
        assert!(!refused.contains("one-secret"), "{refused}");
    }
    assert_eq!(told("aadal", "tokens.shared.example", one(), one()), "", "one service that both of them use");
    assert_eq!(told("aadal", evil, one(), client("another", None)), "");
    assert_eq!(told("birkerup", evil, one(), one()), "", "of one authority");
    let said = |host: &str| client("one-secret", Some(&format!("https://{host}/token")));
    assert_eq!(told("aadal", evil, said("tokens.shared.example"), said(evil)), "", "the deployment's own word");
}

#[test]
fn r46_the_secret_of_the_login_is_shown_to_the_identity_provider_alone() {
    let client = |secret: &str| Endpoint {
        client_id: Some("gateway".into()),
        client_secret: Some(Secret::new(secret.into())),
        ..Endpoint::default()
    };
    let options = || LoadOptions { login_secret: Some(Secret::new("of-the-login".into())), ..LoadOptions::default() };
    let auth = "clientCredentials: { tokenUrl: https://tokens.birkerup.example/token, audience: 'urn:permits' }";
    let told = report_on_auth_with(auth, client("of-the-login"), options());
    assert!(told.contains("is that of the login, which nobody but the identity provider may see"), "{told}");
    assert!(!told.contains("of-the-login"), "{told}");
    assert_eq!(report_on_auth_with(auth, client("another"), options()), "");
    let at_provider = auth.replace("tokens.birkerup", "login.birkerup");
    assert_eq!(report_on_auth_with(&at_provider, client("of-the-login"), options()), "");
}

#[test]
fn r46_a_contract_cannot_have_tokens_that_open_the_gateway_or_the_identity_provider() {
    let client = || Endpoint {
        client_id: Some("gateway".into()),
        client_secret: Some(Secret::new("secret".into())),
        ..Endpoint::default()
    };
    let options = || LoadOptions {
        own_audiences: ["https://overblik.example/".to_owned(), "overblik-api".to_owned()].into(),
        signer: Some(Arc::new(TestSigner::default())),
        ..LoadOptions::default()
    };
    let at = "tokenUrl: https://login.birkerup.example/token";
    for audience in ["overblik-api", "https://overblik.example", "https://login.birkerup.example/userinfo"] {
        for auth in [
            format!("tokenExchange: {{ {at}, audience: '{audience}' }}"),
            format!("clientCredentials: {{ {at}, audience: '{audience}' }}"),
            format!("citizenAssertion: {{ audience: '{audience}' }}"),
        ] {
            let told = report_on_auth_with(&auth, client(), options());
            assert!(told.contains("audience: means the gateway or the identity provider\n  hint: "), "{auth}: {told}");
            assert_eq!(report_on_auth_with(&auth.replace(audience, "urn:permits"), client(), options()), "");
        }
    }
}
