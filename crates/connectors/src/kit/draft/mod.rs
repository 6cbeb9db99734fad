//! A first contract for a source: from a few answers, and from the source's OpenAPI if there is one.
//!
//! What it writes passes the check from the start, so that its author mends a contract that works instead of completing
//! one that does not. Whatever is a guess says so, beside the other possibilities.

mod example;
mod guess;
mod openapi;
mod yaml;

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use aws_lc_rs::rand;
use overblik_widgets::WidgetKind;
use serde::Deserialize;
use url::Url;

pub use openapi::{CannotDraft, Operation};
pub use yaml::AUTH as DRAFTED_AUTH;

use super::contract::hexadecimal;
use guess::Candidate;

/// What a first contract is made of.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct Answers {
    /// The authority's code, a slug.
    pub authority: String,
    /// Its name in Danish.
    pub authority_name: String,
    /// Its CVR number.
    pub cvr: String,
    /// The source's slug.
    pub source: String,
    /// The section's heading in Danish.
    pub title: String,
    /// The section's theme.
    pub theme: String,
    /// The address of the source.
    pub base_url: String,
    /// Under which key of `auth` the gateway shows who it is.
    pub auth: String,
    /// The widget kind.
    pub kind: String,
    /// `json` or `xml`.
    pub format: String,
    /// The path of the request.
    pub path: String,
    /// Its method.
    pub method: String,
}

impl Default for Answers {
    fn default() -> Self {
        let text = str::to_owned;
        Self {
            authority: text("my-authority"),
            authority_name: text("Min Myndighed"),
            cvr: text("90000000"),
            source: text("my-source"),
            title: text("Min kilde"),
            theme: text("cases"),
            base_url: text("https://api.my-authority.example"),
            auth: text("apiKey"),
            kind: text("payment"),
            format: text("json"),
            path: text("/v1/overview"),
            method: text("POST"),
        }
    }
}

/// What a source can answer in.
pub const DRAFTED_FORMATS: [&str; 2] = ["json", yaml::XML];

/// The questions, in the order in which they are asked: a key of [`Answers`], and what is asked.
pub const QUESTIONS: [(&str, &str); 10] = [
    ("authority", "The authority's code (lower-case letters, digits, hyphens)"),
    ("authorityName", "The authority's name, in Danish"),
    ("cvr", "The authority's CVR number (eight digits)"),
    ("source", "The source's slug (lower-case letters, digits, hyphens)"),
    ("title", "The heading that citizens read, in Danish"),
    ("theme", "The theme (children-family, economy, housing, health, culture-leisure, work-education, cases, mail)"),
    ("baseUrl", "The address of the source (https://...)"),
    (
        "auth",
        "How the gateway shows who it is (apiKey, mutualTls, clientCredentials, tokenExchange, citizenAssertion, idws, sessionKey)",
    ),
    ("kind", "The kind of widget"),
    ("format", "What the source answers in (json, xml)"),
];

impl Answers {
    /// Reads answers from YAML. What is not answered has a default.
    ///
    /// # Errors
    /// What is wrong, for the person who wrote them.
    pub fn read(text: &str) -> Result<Self, String> {
        serde_saphyr::from_str(text).map_err(|error| error.to_string())
    }
}

/// A first contract and what belongs beside it.
#[derive(Clone, Debug)]
pub struct Draft {
    /// `<authority>/<source>`.
    folder: PathBuf,
    contract: String,
    exchange: String,
    example: String,
    /// What the example's file is called.
    answer_file: &'static str,
    changelog: String,
}

impl Draft {
    /// Drafts a contract.
    ///
    /// # Errors
    /// [`CannotDraft`] names the answer that cannot be used.
    pub fn new(answers: &Answers, operation: Option<&Operation>) -> Result<Self, CannotDraft> {
        let kind = WidgetKind::from_tag(&answers.kind).ok_or_else(|| {
            let known: Vec<_> = WidgetKind::ALL.iter().map(|kind| kind.tag()).collect();
            CannotDraft(format!("kind: no such widget kind \"{}\"; there are: {}", answers.kind, known.join(", ")))
        })?;
        let plain = |text: &str| {
            !text.is_empty()
                && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        };
        for (name, value) in [("authority", &answers.authority), ("source", &answers.source)] {
            if !plain(value) {
                return Err(CannotDraft(format!("{name}: must be lower-case letters, digits and hyphens")));
            }
        }
        if answers.cvr.len() != 8 || !answers.cvr.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(CannotDraft("cvr: must be eight digits".to_owned()));
        }
        if !Url::parse(&answers.base_url).is_ok_and(|url| url.scheme() == "https" && url.host_str().is_some()) {
            return Err(CannotDraft("baseUrl: must be an address that begins with https://".to_owned()));
        }
        for (name, value, known) in
            [("auth", &answers.auth, yaml::AUTH.as_slice()), ("format", &answers.format, DRAFTED_FORMATS.as_slice())]
        {
            if !known.contains(&value.as_str()) {
                return Err(CannotDraft(format!("{name}: no such value \"{value}\"; there are: {}", known.join(", "))));
            }
        }
        let xml = answers.format == yaml::XML;
        // An OpenAPI tells of answers in JSON alone.
        let read = operation.filter(|_| !xml);
        let candidates = read.map(|operation| operation.candidates.as_slice()).unwrap_or_default();
        let each = read.and_then(|operation| operation.lists.first().cloned());
        let each = each.unwrap_or_else(|| if xml { "$.answer.items.item" } else { "$.items" }.to_owned());
        let guesses = guess::fields(kind, &each, candidates);
        let identity = guess::identity(candidates);
        let drafting = yaml::Drafting { answers, operation, kind, each, guesses, identity, system_id: new_uuid() };
        let answer = example::answer(&drafting);
        let (answer_file, example) =
            if xml { ("overview.xml", example::in_xml(&answer)) } else { ("overview.json", format!("{answer:#}\n")) };
        Ok(Self {
            folder: Path::new(&answers.authority).join(&answers.source),
            contract: yaml::contract(&drafting),
            exchange: "# A fictitious citizen of yours: the day of birth is raised by 60.\ncitizen: 6101010001\n"
                .to_owned(),
            example,
            answer_file,
            changelog: "# Changes\n\n## 0.1.0\n\nFirst draft.\n".to_owned(),
        })
    }

    /// Writes the files into a folder of authorities. Nothing that is there is written over.
    ///
    /// # Errors
    /// When a file is there already, or cannot be written.
    pub fn write(&self, authorities: &Path) -> io::Result<Vec<PathBuf>> {
        let folder = authorities.join(&self.folder);
        fs::create_dir_all(folder.join("examples").join("first"))?;
        let mut written = Vec::new();
        for (path, text) in self.in_order() {
            let file = folder.join(path);
            let mut opened = fs::File::create_new(&file)
                .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", file.display())))?;
            io::Write::write_all(&mut opened, text.as_bytes())?;
            written.push(file);
        }
        Ok(written)
    }

    /// The files' texts by their paths in the source's folder.
    #[must_use]
    pub fn files(&self) -> BTreeMap<String, String> {
        self.in_order().map(|(path, text)| (path, text.to_owned())).into()
    }

    /// The files as they are written, the contract first.
    fn in_order(&self) -> [(String, &str); 4] {
        [
            ("connector.yaml".to_owned(), &self.contract),
            ("CHANGELOG.md".to_owned(), &self.changelog),
            ("examples/first/exchange.yaml".to_owned(), &self.exchange),
            (format!("examples/first/{}", self.answer_file), &self.example),
        ]
    }
}

/// A random UUID (RFC 9562, version 4), until the source system has been issued one.
fn new_uuid() -> String {
    let mut bytes = [0_u8; 16];
    if rand::fill(&mut bytes).is_err() {
        // Without randomness the draft has a UUID that its author must replace, as they must anyway.
        bytes = [0; 16];
    }
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let mut parts = Vec::new();
    let mut rest = bytes.as_slice();
    for length in [4, 2, 2, 2, 6] {
        let (part, left) = rest.split_at(length);
        parts.push(hexadecimal(part));
        rest = left;
    }
    parts.join("-")
}
