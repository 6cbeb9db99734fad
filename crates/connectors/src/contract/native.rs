//! Checks a contract that leaves the asking to a connector in Rust.

use url::Url;

use super::{
    call::url_path,
    endpoint::Shared,
    examination::{Examination, KeyPath, Noted},
    manifest::{self, Spec},
    suggestion::suggestion,
};
use crate::native::{self, Native};

/// The connector of a contract, and the address where it asks.
pub(super) fn native(
    examination: &mut Examination<'_>,
    declared: &manifest::Native,
    spec: &Spec,
    shared: &Shared,
) -> Result<(&'static dyn Native, Url), Noted> {
    let at = KeyPath::of("spec.native");
    let name = &declared.connector;
    let connector = native::named(name).ok_or_else(|| {
        let hint = suggestion(name, "connectors", native::names());
        examination.wrong_value(&at.key("connector"), format!("no such connector \"{name}\""), hint)
    });
    let path = url_path(examination, &at.key("path"), &declared.path);
    for (part, is_there) in [
        ("requests", !spec.requests.is_empty()),
        ("lookups", !spec.lookups.is_empty()),
        ("codes", !spec.codes.is_empty()),
        ("widgets", !spec.widgets.is_empty()),
        ("detail", spec.detail.is_some()),
        ("orkestrering", spec.orkestrering.is_some()),
    ] {
        if is_there {
            let hint = Some(format!("leave \"{part}\" out, or \"native\""));
            let message = "a connector in Rust asks and reads by itself";
            examination.wrong_key(&KeyPath::of("spec").key(part), message, hint);
        }
    }
    let mut url = shared.base_url.clone()?;
    let full_path = format!("{}{}", url.path().trim_end_matches('/'), path?);
    url.set_path(&full_path);
    Ok((connector?, url))
}
