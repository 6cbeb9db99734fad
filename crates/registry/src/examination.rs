//! What is wrong with the files of a version: the contract's own mistakes, and what lies outside its authority's domains.

use std::{fmt, io, path::Path};

use overblik_connectors::{
    ContractMistake,
    kit::{self, Contract, Places},
};
use serde::Serialize;
use serde_json::Value;
use url::Url;

use crate::{
    authority::{Authority, HostName},
    bundle::{Bundle, CONTRACT},
    text::Slug,
    unfolded::Unfolded,
};

/// One mistake, as whoever pushed the files can find it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mistake {
    /// The file, by its path in the bundle.
    pub file: String,
    /// The line, which counts from 1; `None` when it is about the file as a whole.
    pub line: Option<usize>,
    /// The column, which counts characters from 1.
    pub column: Option<usize>,
    /// The path of keys that leads there; empty for the file as a whole.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// All mistakes in the files of a version, in the order in which an author meets them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Mistakes(pub Vec<Mistake>);

/// Looks at the files of a version: what the contract's own check finds, and with it whatever is asked or linked to outside
/// its authority's domains (requirement R40). A contract of another authority or name has mistakes too.
///
/// It reads and compiles, which takes a while: not on a thread that others wait for.
///
/// # Errors
/// What the disk says: the files stand in a folder in `folder` while this lasts.
pub fn examine(bundle: &Bundle, folder: &Path, authority: &Authority, source: &Slug) -> io::Result<Mistakes> {
    Ok(examine_unfolded(&bundle.unfold(folder, &authority.slug, source)?, bundle, authority))
}

pub(crate) fn examine_unfolded(unfolded: &Unfolded, bundle: &Bundle, authority: &Authority) -> Mistakes {
    let mut mistakes = Vec::new();
    if let Err(found) = Contract::read(unfolded.source()) {
        mistakes.extend(found.as_slice().iter().map(|mistake| Mistake::of(mistake, unfolded.source())));
    }
    // A file that is no YAML names no address, and the check said so.
    if let Ok(document) = kit::document(&unfolded.contract()) {
        let places = Places::of(&bundle.contract());
        mistakes.extend(foreign(&document, authority).into_iter().map(|(path, message, hint)| {
            let position = places.value(&path);
            let (line, column) = (position.map(|at| at.line), position.map(|at| at.column));
            Mistake { file: CONTRACT.to_owned(), line, column, path, message, hint: Some(hint) }
        }));
    }
    mistakes.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
    Mistakes(mistakes)
}

/// What in a contract is another's than its authority's: where, what, and what to do about it.
fn foreign(document: &Value, authority: &Authority) -> Vec<(String, String, String)> {
    let own: Vec<_> = authority.domains.iter().map(HostName::as_str).collect();
    let own = format!(
        "{} has {}; another domain is proposed for it first, and an operator approves it",
        authority.slug,
        if own.is_empty() { "no domain".to_owned() } else { own.join(", ") }
    );
    let mut found: Vec<_> = hosts(document)
        .into_iter()
        .filter(|(_, host)| !authority.owns(host))
        .map(|(path, host)| (path, format!("{host} is not in a domain of the authority"), own.clone()))
        .collect();
    if let Some(cvr) = document.pointer("/spec/authority/cvr").and_then(Value::as_str)
        && cvr != authority.cvr.as_str()
    {
        let hint = format!("{} is on record with {}", authority.slug, authority.cvr);
        found.push(("spec.authority.cvr".to_owned(), "is another's CVR number".to_owned(), hint));
    }
    found
}

/// The hosts that a contract names, with the paths of the keys that do. What is no address at all is left to the
/// contract's own check, and so is the page that is linked to, which must be at one of `linkHosts`.
fn hosts(document: &Value) -> Vec<(String, String)> {
    let mut addresses = vec![
        ("spec.baseUrl".to_owned(), document.pointer("/spec/baseUrl")),
        ("spec.testUrl".to_owned(), document.pointer("/spec/testUrl")),
    ];
    // Token services are named in the same words whatever the way of showing who one is.
    let ways = document.pointer("/spec/auth").and_then(Value::as_object).into_iter().flatten();
    addresses.extend(ways.flat_map(|(way, settings)| {
        ["tokenUrl", "exchangeUrl"].map(|key| (format!("spec.auth.{way}.{key}"), settings.get(key)))
    }));
    let addresses = addresses.into_iter().filter_map(|(path, address)| {
        let address = Url::parse(address?.as_str()?).ok()?;
        Some((path, address.host_str()?.to_owned()))
    });
    let linked = document.pointer("/spec/source/linkHosts").and_then(Value::as_array).into_iter().flatten();
    let linked = linked
        .enumerate()
        .filter_map(|(index, host)| Some((format!("spec.source.linkHosts[{index}]"), host.as_str()?.to_owned())));
    addresses.chain(linked).collect()
}

impl Mistake {
    /// A mistake that the contract's check found in files that stand in a folder.
    fn of(mistake: &ContractMistake, folder: &Path) -> Self {
        let ContractMistake { file, position, path, message, hint } = mistake;
        let file = file.strip_prefix(folder).unwrap_or(Path::new(CONTRACT));
        let file = if file.as_os_str().is_empty() { Path::new(CONTRACT) } else { file };
        Self {
            file: file.to_string_lossy().into_owned(),
            line: position.map(|at| at.line),
            column: position.map(|at| at.column),
            path: path.clone(),
            message: message.clone(),
            hint: hint.clone(),
        }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.file)?;
        if let (Some(line), Some(column)) = (self.line, self.column) {
            write!(f, "{line}:{column}:")?;
        }
        if !self.path.is_empty() {
            write!(f, " {}:", self.path)?;
        }
        write!(f, " {}", self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "\n  hint: {hint}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, mistake) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{mistake}")?;
        }
        Ok(())
    }
}
