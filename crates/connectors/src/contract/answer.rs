//! Checks what a contract says about the answers to a request or a lookup: format, lists of XML, schema.

use std::{borrow::Cow, fs, io, path::Path};

use super::{
    endpoint::Shared,
    examination::{Examination, KeyPath, Noted},
    manifest,
};
use crate::declared::{AnswerReading, AnswerSchema, Format, MAX_SCHEMA_BYTES, XmlShape, is_name};

/// What a contract says about the answers to one call.
#[derive(Clone, Copy)]
pub(super) struct AnswerPart<'m> {
    pub(super) format: manifest::Format,
    pub(super) xml: Option<&'m manifest::XmlPart>,
    pub(super) schema: Option<&'m str>,
}

/// Makes the reading of the answers.
pub(super) fn reading(
    examination: &mut Examination<'_>,
    at: &KeyPath,
    part: AnswerPart<'_>,
    shared: &Shared,
) -> Result<AnswerReading, Noted> {
    let format = match (part.format, part.xml) {
        (manifest::Format::Json, None) => Ok(Format::Json),
        (manifest::Format::Json, Some(_)) => {
            let hint = Some("write \"format: xml\" beside it".to_owned());
            Err(examination.wrong_key(&at.key("xml"), "\"xml\" goes with \"format: xml\" only", hint))
        }
        (manifest::Format::Xml, None) => Ok(Format::Xml(XmlShape::default())),
        (manifest::Format::Xml, Some(declared)) => {
            shape(examination, &at.key("xml").key("repeated"), declared).map(Format::Xml)
        }
    };
    let schema = part.schema.map(|path| schema(examination, &at.key("schema"), path)).transpose();
    Ok(AnswerReading { format: format?, schema: schema?, body_limit: shared.body_limit })
}

fn shape(examination: &mut Examination<'_>, at: &KeyPath, declared: &manifest::XmlPart) -> Result<XmlShape, Noted> {
    let mut shape = XmlShape::default();
    let mut outcome = Ok(());
    for (index, text) in declared.repeated.iter().enumerate() {
        let path = at.index(index);
        let message = match text.split_once('/') {
            Some((parent, child)) if is_name(parent) && is_name(child) => {
                if shape.declare(parent, child) {
                    continue;
                }
                "is there already"
            }
            _ => "must be two names, of the element that holds the list and of its entries: \"sager/sag\"",
        };
        let hint = text.contains(':').then(|| "names are written without the prefix of their namespace".to_owned());
        outcome = Err(examination.wrong_value(&path, message, hint));
    }
    outcome.map(|()| shape)
}

fn schema(examination: &mut Examination<'_>, at: &KeyPath, path: &str) -> Result<AnswerSchema, Noted> {
    let plain = path.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'-' | b'_'));
    let inside = path.split('/').all(|segment| !matches!(segment, "" | "." | ".."));
    let message = "must be the path of a file in the contract's folder, like \"schemas/answer.json\"";
    examination.require(plain && inside, at, message)?;
    let read = match examination.files() {
        Some(files) => files.get(path).map(|file| Cow::Borrowed(file.as_slice())).ok_or(io::ErrorKind::NotFound.into()),
        None => read_limited(examination.folder(), path).map(Cow::Owned),
    };
    let text = read.map_err(|error| examination.wrong_value(at, format!("cannot be read: {error}"), None))?;
    AnswerSchema::compile(&text).map_err(|mistake| examination.wrong_value(at, mistake.0, None))
}

/// Reads a file up to just beyond the largest schema, if it is one and lies in the folder, also by way of links.
fn read_limited(folder: &Path, path: &str) -> io::Result<Vec<u8>> {
    let file = folder.join(path).canonicalize()?;
    if !file.starts_with(folder.canonicalize()?) || !file.is_file() {
        return Err(io::Error::other("not a file in the contract's folder"));
    }
    let mut text = Vec::new();
    let limit = u64::try_from(MAX_SCHEMA_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    io::Read::read_to_end(&mut io::Read::take(fs::File::open(file)?, limit), &mut text)?;
    Ok(text)
}
