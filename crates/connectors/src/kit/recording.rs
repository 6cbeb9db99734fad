//! Recorded answers of a source, and what a citizen must see of them.
//!
//! A case is a folder `examples/<case>/` with one file per request or look-up (`loans.json`, `titles.json`,
//! `overview.xml`; the second page of `loans` is `loans.2.json`), `exchange.yaml`, which names the fictitious citizen and
//! whatever is not status 200 with the format's own content type, and the golden result `widgets.json`. A case of more about
//! one item says there what the source knows the item by, and its files are the answers to the requests of `spec.detail`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
};

use http::{HeaderName, HeaderValue, StatusCode};
use overblik_widgets::AssuranceLevel;
use serde::Deserialize;
use serde_json::Value;

use super::{
    answers::format_of as format_of_call,
    contract::{Contract, folders_in},
    route::Route,
};
use crate::{
    citizen::{CitizenScope, Municipality},
    declared,
    item_key::ItemKey,
};

const EXCHANGE: &str = "exchange.yaml";
const GOLDEN: &str = "widgets.json";
/// Largest file of a recording in bytes; larger than any body that a contract may allow.
const MAX_BYTES: u64 = 8 << 20;

/// What is wrong with a recording.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", file.display())]
pub struct WrongRecording {
    /// The file or folder.
    pub file: PathBuf,
    /// What is wrong, and what to do.
    pub message: String,
}

/// One recorded case.
#[derive(Clone, Debug)]
pub struct Case {
    /// The name of its folder.
    pub name: String,
    /// Its folder.
    pub folder: PathBuf,
    /// The number of the fictitious citizen.
    pub(super) citizen: String,
    pub(super) municipality: Option<Municipality>,
    /// The item that more is asked about; none if the whole source is asked.
    pub(super) item: Option<ItemKey>,
    /// The answers to each request or look-up, in the order of its pages.
    pub(super) answers: BTreeMap<String, Vec<Recorded>>,
    /// Calls that the contract does not declare, as those of a connector in Rust.
    pub(super) calls: BTreeMap<String, (String, String)>,
    /// What a citizen must see, if it is known.
    pub golden: Option<Value>,
}

/// A recorded answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Recorded {
    pub(super) status: StatusCode,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) body: Vec<u8>,
    pub(super) format: Format,
}

/// What a recorded body is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Xml,
    /// Something that a connector in Rust reads.
    Other,
    /// There is no body.
    Nothing,
}

impl Format {
    pub(super) fn content_type(self) -> Option<&'static str> {
        match self {
            Self::Json => Some("application/json"),
            Self::Xml => Some("application/xml"),
            // The case's `exchange.yaml` says which.
            Self::Other | Self::Nothing => None,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exchange {
    citizen: Number,
    municipality: Option<String>,
    item: Option<String>,
    #[serde(default)]
    answers: BTreeMap<String, Differing>,
}

/// A number that may be written with or without quotes.
#[derive(Deserialize)]
#[serde(untagged)]
enum Number {
    Digits(u64),
    Text(String),
}

/// How an answer differs from status 200 with the format's own content type.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Differing {
    status: Option<u16>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// For a call that the contract does not declare.
    method: Option<String>,
    path: Option<String>,
}

impl Case {
    /// The names of all cases in a folder of recordings, good ones and others.
    #[must_use]
    pub fn names(examples: &Path) -> Vec<String> {
        let names = folders_in(examples).into_iter();
        names.filter_map(|folder| Some(folder.file_name()?.to_string_lossy().into_owned())).collect()
    }

    /// Reads all cases in a folder of recordings, by name, and says what is wrong with the others; none if there is no
    /// such folder.
    #[must_use]
    pub fn read_all(examples: &Path) -> (Vec<Self>, Vec<WrongRecording>) {
        let (mut cases, mut wrong) = (Vec::new(), Vec::new());
        for folder in folders_in(examples) {
            match Self::read(&folder) {
                Ok(case) => cases.push(case),
                Err(found) => wrong.push(found),
            }
        }
        (cases, wrong)
    }

    /// Reads one case.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn read(folder: &Path) -> Result<Self, WrongRecording> {
        let name = folder.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let file = folder.join(EXCHANGE);
        let wrong = |message: String| WrongRecording { file: file.clone(), message };
        if !file.is_file() {
            let message = "is missing; an example has this file, in it \"citizen:\" and a fictitious number, and beside it an \
                           answer to each request, NAME.json or NAME.xml";
            return Err(wrong(message.to_owned()));
        }
        let exchange: Exchange =
            serde_saphyr::from_str(&read_text(&file)?).map_err(|error| wrong(error.to_string()))?;
        let citizen = match exchange.citizen {
            Number::Digits(digits) => digits.to_string(),
            Number::Text(text) => text.replace('-', ""),
        };
        let municipality = match exchange.municipality {
            None => None,
            Some(code) => Some(
                Municipality::parse(&code)
                    .ok_or_else(|| wrong("municipality: a municipality code has four digits, in quotes".to_owned()))?,
            ),
        };
        let item = match exchange.item.as_deref().map(ItemKey::parse) {
            None => None,
            Some(Some(item)) => Some(item),
            Some(None) => {
                return Err(wrong("item: what a source knows an item by is a text of 1 to 200 characters".to_owned()));
            }
        };
        let mut case = Self {
            name,
            folder: folder.to_owned(),
            citizen,
            municipality,
            item,
            answers: BTreeMap::new(),
            calls: BTreeMap::new(),
            golden: None,
        };
        case.scope(String::new()).map_err(|error| wrong(format!("citizen: {error}")))?;
        case.read_bodies()?;
        for (name, differing) in exchange.answers {
            case.apply(&name, differing).map_err(|message| wrong(format!("answers.{name}: {message}")))?;
        }
        Ok(case)
    }

    fn read_bodies(&mut self) -> Result<(), WrongRecording> {
        let folder = self.folder.clone();
        let mut pages: BTreeMap<String, BTreeMap<usize, Recorded>> = BTreeMap::new();
        let listed = || -> io::Result<BTreeSet<PathBuf>> {
            fs::read_dir(&folder)?.map(|entry| entry.map(|entry| entry.path())).collect()
        };
        let listed = listed()
            .map_err(|error| WrongRecording { file: folder.clone(), message: format!("cannot be read: {error}") })?;
        for file in listed {
            let wrong = |message: &str| WrongRecording { file: file.clone(), message: message.to_owned() };
            let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if name == EXCHANGE || name.starts_with('.') {
                continue;
            }
            if name == GOLDEN {
                let text = read_text(&file)?;
                self.golden = Some(serde_json::from_str(&text).map_err(|error| wrong(&error.to_string()))?);
                continue;
            }
            let (stem, format) = match name.rsplit_once('.') {
                Some((stem, "json")) => (stem, Format::Json),
                Some((stem, "xml")) => (stem, Format::Xml),
                Some((stem, _)) => (stem, Format::Other),
                None => return Err(wrong("is no part of a recording: an answer is NAME.json or NAME.xml")),
            };
            let (request, page) = match stem.rsplit_once('.') {
                None => (stem, 1),
                Some((request, page)) => {
                    (request, page.parse().map_err(|_| wrong("the second page of NAME is NAME.2.json"))?)
                }
            };
            let recorded = Recorded { status: StatusCode::OK, headers: Vec::new(), body: read_bytes(&file)?, format };
            pages.entry(request.to_owned()).or_default().insert(page, recorded);
        }
        self.answers = pages.into_iter().map(|(name, pages)| (name, pages.into_values().collect())).collect();
        Ok(())
    }

    fn apply(&mut self, name: &str, differing: Differing) -> Result<(), String> {
        let status = differing.status.unwrap_or(200);
        let status = StatusCode::from_u16(status).map_err(|_| format!("{status} is no status"))?;
        let mut headers = Vec::new();
        for (header, value) in &differing.headers {
            let name =
                HeaderName::from_bytes(header.as_bytes()).map_err(|_| format!("\"{header}\" names no header"))?;
            let value = HeaderValue::from_str(value).map_err(|_| format!("{header}: holds no header's value"))?;
            headers.push((name, value));
        }
        let nothing = || vec![Recorded { status, headers: Vec::new(), body: Vec::new(), format: Format::Nothing }];
        for answer in self.answers.entry(name.to_owned()).or_insert_with(nothing) {
            answer.status = status;
            answer.headers.clone_from(&headers);
        }
        match (differing.method, differing.path) {
            (Some(method), Some(path)) => {
                self.calls.insert(name.to_owned(), (method, path));
                Ok(())
            }
            (None, None) => Ok(()),
            _ => Err("method and path belong together".to_owned()),
        }
    }

    /// What is named otherwise than a contract's calls are, so that it answers nothing, and how it should be named.
    pub(super) fn misnamed(&self, contract: &Contract) -> Vec<String> {
        let document = contract.document();
        let routes = Route::all(document, self);
        let calls: BTreeSet<_> = routes.iter().map(|route| route.name.as_str()).collect();
        let file = |name: &str, format: Format| match format {
            Format::Xml => format!("{name}.xml"),
            Format::Json => format!("{name}.json"),
            Format::Other | Format::Nothing => name.to_owned(),
        };
        let expected = |call: &str| match format_of_call(document, call) {
            declared::Format::Json => Format::Json,
            declared::Format::Xml(_) => Format::Xml,
        };
        let wrong = self.answers.iter().filter_map(|(name, pages)| {
            let found = pages.first()?.format;
            if found == Format::Nothing {
                let known = calls.contains(name.as_str());
                return (!known).then(|| format!("{EXCHANGE}: answers.{name} is no call of the contract"));
            }
            if !calls.contains(name.as_str()) {
                let names: Vec<_> = calls.iter().map(|call| file(call, expected(call))).collect();
                return Some(format!(
                    "{} answers nothing; the contract's calls are recorded as {}",
                    file(name, found),
                    names.join(", ")
                ));
            }
            let expected = expected(name);
            let differs = found != Format::Other && found != expected && document.pointer("/spec/native").is_none();
            differs.then(|| format!("{} is read by the contract as {}", file(name, found), file(name, expected)))
        });
        wrong.collect()
    }

    /// The same answers for more about an item. What a citizen must see of that is not known.
    #[must_use]
    pub fn about(self, item: ItemKey) -> Self {
        Self { item: Some(item), golden: None, ..self }
    }

    /// The number of its fictitious citizen.
    #[must_use]
    pub fn citizen(&self) -> &str {
        &self.citizen
    }

    /// The scope of the case's citizen.
    pub(super) fn scope(&self, display_client: String) -> Result<CitizenScope, crate::citizen::NotFictitious> {
        CitizenScope::of_fictitious(&self.citizen, AssuranceLevel::High, self.municipality.clone(), display_client)
    }

    /// Writes what a citizen sees now as what a citizen must see.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn accept(&self, golden: &Value) -> io::Result<PathBuf> {
        let file = self.folder.join(GOLDEN);
        fs::write(&file, format!("{golden:#}\n"))?;
        Ok(file)
    }
}

fn read_text(file: &Path) -> Result<String, WrongRecording> {
    let wrong = |message: &str| WrongRecording { file: file.to_owned(), message: message.to_owned() };
    String::from_utf8(read_bytes(file)?).map_err(|_| wrong("is not UTF-8; save it as UTF-8"))
}

/// An answer is kept byte for byte: sources write in more than one character set.
fn read_bytes(file: &Path) -> Result<Vec<u8>, WrongRecording> {
    let read = || -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        io::Read::read_to_end(&mut io::Read::take(fs::File::open(file)?, MAX_BYTES), &mut bytes)?;
        Ok(bytes)
    };
    read().map_err(|error| WrongRecording { file: file.to_owned(), message: format!("cannot be read: {error}") })
}
