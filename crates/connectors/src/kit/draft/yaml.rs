//! The text of a first contract.

use overblik_widgets::{FieldType, WidgetKind};
use serde_json::json;

use super::{
    Answers, Candidate, Operation,
    guess::{Form, Guess},
};

/// Most other possibilities that are named beside a guess.
const MOST_ALTERNATIVES: usize = 4;

/// The ways in which a first contract can let the gateway show who it is.
pub const AUTH: [&str; 7] =
    ["apiKey", "mutualTls", "clientCredentials", "tokenExchange", "citizenAssertion", "idws", "sessionKey"];

/// What an answer that is not JSON is written in.
pub(super) const XML: &str = "xml";

/// Everything that a first contract is made of.
pub(super) struct Drafting<'a> {
    pub(super) answers: &'a Answers,
    pub(super) operation: Option<&'a Operation>,
    pub(super) kind: WidgetKind,
    pub(super) each: String,
    pub(super) guesses: Vec<Guess>,
    pub(super) identity: Option<&'a Candidate>,
    pub(super) system_id: String,
}

impl Drafting<'_> {
    /// Where the answer says whom it is about.
    pub(super) fn identity_path(&self) -> &str {
        let none = if self.answers.format == XML { "$.answer.person.cpr" } else { "$.person.cpr" };
        self.identity.map_or(none, |candidate| &candidate.path)
    }

    /// Where a field is read from.
    pub(super) fn path_of(guess: &Guess) -> String {
        guess.from.first().map_or_else(|| format!("$.{}", guess.field.name), |candidate| candidate.path.clone())
    }

    fn method(&self) -> &str {
        self.operation.map_or(&self.answers.method, |operation| &operation.method)
    }

    fn host(&self) -> String {
        let url = url::Url::parse(&self.answers.base_url).ok();
        url.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_else(|| "my-authority.example".to_owned())
    }
}

/// Writes the contract.
pub(super) fn contract(drafting: &Drafting<'_>) -> String {
    let answers = drafting.answers;
    let (host, name, title) = (drafting.host(), quoted(&answers.authority_name), quoted(&answers.title));
    let mut text = format!(
        r#"# A first draft. Every TODO is a guess or a placeholder: mend it, then take the mark away.
#   overblik contract check .            tells every mistake
#   overblik contract try . --example first
#   overblik contract test .             is what you hand in
apiVersion: overblik/v1
kind: Connector
metadata:
  name: {source}
  version: 0.1.0
  # TODO who answers for this contract
  owner: {{ team: {name}, email: kontrakt@{host} }}
spec:
  authority:
    code: {authority}
    cvr: "{cvr}"
    name: {{ da: {name}, en: {name} }} # TODO the English name
    contact:
      - {{ kind: phone, value: "70000000" }} # TODO how citizens reach you; also email, website, digital_post
  source:
    itSystemId: {system} # TODO the UUID that was issued to the system; this one is random
    title: {{ da: {title}, en: {title} }} # TODO the English heading
    expect:
      # TODO what citizens can expect here, and what not
      da: Det, som myndigheden har registreret om dig.
      en: What the authority has registered about you.
    theme: {theme}
    link: https://{host}/ # TODO your own page about the same
    linkHosts: [{host}]
    coverage: everywhere # or: {{ municipalities: ["0101"] }}
  agreement:
    # TODO on what ground, and under which agreement, the data are shown
    legalBasis: TODO
    reference: TODO
    displayClients: [overblik]
  level: substantial
  baseUrl: {base_url}
{auth}  limits: {{ timeoutMs: 3000, bodyKib: 256 }}
  requests:
"#,
        source = answers.source,
        authority = answers.authority,
        cvr = answers.cvr,
        system = drafting.system_id,
        theme = answers.theme,
        base_url = answers.base_url,
        auth = auth(answers),
    );
    request(&mut text, drafting);
    codes(&mut text, drafting);
    widget(&mut text, drafting);
    text
}

/// How the gateway shows who it is, with what a deployment cannot guess.
fn auth(answers: &Answers) -> String {
    let token = format!("{}/token", answers.base_url.trim_end_matches('/'));
    match answers.auth.as_str() {
        "mutualTls" => "  auth: { mutualTls: {} }\n".to_owned(),
        "clientCredentials" => {
            format!(
                "  # TODO where tokens come from\n  auth: {{ clientCredentials: {{ tokenUrl: {token}, scope: overblik }} }}\n"
            )
        }
        "tokenExchange" => format!(
            "  # TODO where tokens come from\n  auth: {{ tokenExchange: {{ tokenUrl: {token}, audience: {} }} }}\n",
            answers.base_url
        ),
        "idws" => format!(
            "  # TODO where the login's token becomes an assertion, and where that becomes a token of yours\n  auth:\n    mutualTls: {{}}\n    idws: {{ exchangeUrl: {token}, audience: {}, tokenUrl: {token} }}\n",
            answers.base_url
        ),
        "sessionKey" => concat!(
            "  # TODO how you are logged in to, and where your answer has the key\n",
            "  auth:\n",
            "    sessionKey:\n",
            "      login: { method: POST, path: /login, body: { user: \"{deployment.user}\", password: \"{deployment.password}\" } }\n",
            "      key: \"$.key\"\n",
            "      header: X-Key\n",
        )
        .to_owned(),
        "citizenAssertion" => format!("  auth: {{ citizenAssertion: {{ audience: {} }} }}\n", answers.base_url),
        _ => "  auth: { apiKey: { header: X-Api-Key } } # TODO the header\n".to_owned(),
    }
}

fn request(text: &mut String, drafting: &Drafting<'_>) {
    let method = drafting.method();
    let path = drafting.operation.map_or_else(|| drafting.answers.path.clone(), Operation::plain_path);
    let mut line = |line: &str| text.extend([line, "\n"]);
    if let Some(operation) = drafting.operation {
        if !operation.summary.is_empty() {
            line(&format!("    # {}", operation.summary));
        }
        if operation.path.contains('{') {
            line(&format!(
                "    # TODO the path is {} in OpenAPI. A citizen's number never stands in a path: it ends up in",
                operation.path
            ));
            line("    # logs. Offer a call that takes it in the body or a header.");
        }
    }
    line("    overview:");
    line(&format!("      method: {method}"));
    line(&format!("      path: {path}"));
    let xml = drafting.answers.format == XML;
    if xml {
        line("      format: xml");
        line("      # TODO elements that may stand several times, also when there is one: parent/child");
        line("      xml: { repeated: [items/item] }");
    }
    match (method, xml) {
        ("GET", _) => line("      headers: { x-cpr: \"{citizen.cpr}\" } # TODO where you want the citizen's number"),
        (_, true) => line("      body: { xml: \"<request><cpr>{citizen.cpr}</cpr></request>\" } # TODO"),
        _ => {
            let keys = drafting.operation.map(|operation| operation.body_keys.as_slice()).unwrap_or_default();
            let key = keys.iter().find(|key| key.to_lowercase().contains("cpr")).map_or("cpr", String::as_str);
            line(&format!("      body: {{ {}: \"{{citizen.cpr}}\" }}", quoted(key)));
            if !keys.is_empty() {
                line(&format!("      # TODO the body's keys in OpenAPI: {}", keys.join(", ")));
            }
        }
    }
    if drafting.identity.is_none() {
        line("      # TODO where the answer says whom it is about; or { header: x-person }");
    }
    line(&format!("      identity: {{ path: {} }}", quoted(drafting.identity_path())));
    line("      # emptyStatus: [404] # if that is how you say \"nothing registered\"");
}

/// A code list for each field that needs one.
fn codes(text: &mut String, drafting: &Drafting<'_>) {
    let coded: Vec<_> = drafting.guesses.iter().filter(|guess| is_coded(guess)).collect();
    if !coded.is_empty() {
        text.push_str("  codes:\n");
    }
    for guess in coded {
        let known = guess.from.first().map(|candidate| candidate.codes.clone()).unwrap_or_default();
        let known = if known.is_empty() { vec!["TODO".to_owned()] } else { known };
        let mut line = |line: String| text.extend([line.as_str(), "\n"]);
        line(format!("    {}:", guess.field.name));
        match guess.field.field_type {
            FieldType::Choice(values) => {
                line(format!("      # TODO your codes, each as one of: {}", values.join(", ")));
                line("      values:".to_owned());
                for code in &known {
                    line(format!("        {}: {}", quoted(code), likeliest(code, values)));
                }
            }
            _ => {
                line("      # TODO what a citizen reads for each of your codes".to_owned());
                line("      texts:".to_owned());
                for code in &known {
                    let code = quoted(code);
                    line(format!("        {code}: {{ da: {code}, en: {code} }}"));
                }
            }
        }
    }
}

fn is_coded(guess: &Guess) -> bool {
    matches!(guess.field.field_type, FieldType::Code | FieldType::Choice(_))
}

fn likeliest<'v>(code: &str, values: &[&'v str]) -> &'v str {
    let like = |value: &&&str| strsim::jaro_winkler(&code.to_lowercase(), value);
    let alike = values.iter().max_by(|a, b| like(a).total_cmp(&like(b))).filter(|value| like(value) > 0.8);
    alike.or(values.first()).copied().unwrap_or_default()
}

fn widget(text: &mut String, drafting: &Drafting<'_>) {
    let lists = drafting.operation.map(|operation| operation.lists.as_slice()).unwrap_or_default();
    let mut line = |line: &str| text.extend([line, "\n"]);
    line("  widgets:");
    line(&format!("    - kind: {}", drafting.kind.tag()));
    line("      from: overview");
    line(&match lists {
        [_, others @ ..] if !others.is_empty() => {
            format!("      each: {} # TODO or another list: {}", quoted(&drafting.each), others.join(", "))
        }
        [_] => format!("      each: {}", quoted(&drafting.each)),
        _ => format!(
            "      each: {} # TODO where the list of items is{}",
            quoted(&drafting.each),
            if drafting.answers.format == XML { "" } else { "; \"$\" for an answer that is a list" }
        ),
    });
    line("      limit: 100");
    line("      fields:");
    for guess in &drafting.guesses {
        line(&format!("        {}: {}{}", guess.field.name, field(guess), note(guess)));
    }
    let mapped = |name: &str| drafting.guesses.iter().any(|guess| guess.field.name == name);
    let left: Vec<_> =
        drafting.kind.fields().iter().filter(|field| !mapped(field.name)).map(|field| field.name).collect();
    if !left.is_empty() {
        line(&format!("        # also: {}", left.join(", ")));
    }
}

fn field(guess: &Guess) -> String {
    let path = quoted(&Drafting::path_of(guess));
    let form = guess.from.first().map(|candidate| candidate.form);
    let reading = match guess.field.field_type {
        FieldType::Text => "as: text".to_owned(),
        FieldType::Date => "as: date, formats: [iso]".to_owned(),
        FieldType::Moment => "as: datetime, formats: [\"yyyy-MM-ddTHH:mm:ss\"]".to_owned(),
        FieldType::Money => format!("as: money, format: {}", money(form, &path)),
        FieldType::Integer => "as: integer".to_owned(),
        FieldType::Flag => "as: flag".to_owned(),
        FieldType::Link => "as: url".to_owned(),
        FieldType::Code | FieldType::Choice(_) => format!("as: code, list: {}", guess.field.name),
    };
    format!("{{ path: {path}, {reading} }}")
}

fn money(form: Option<Form>, path: &str) -> &'static str {
    match form {
        Some(Form::Integer) => "oere",
        Some(Form::Text) => "danish",
        _ if path.to_lowercase().contains("oere") => "oere",
        _ => "decimal",
    }
}

/// What else it could be.
fn note(guess: &Guess) -> String {
    match guess.from.as_slice() {
        [] => " # TODO the path in an item".to_owned(),
        [_] => String::new(),
        [_, others @ ..] => {
            let others = others.iter().take(MOST_ALTERNATIVES).map(|candidate| candidate.path.as_str());
            format!(" # TODO or {}", others.collect::<Vec<_>>().join(", "))
        }
    }
}

/// A text as YAML and JSON both read it.
fn quoted(text: &str) -> String {
    json!(text).to_string()
}
