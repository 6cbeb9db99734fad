//! Checks that a source which wants a certificate of ours is given one.

use super::{
    examination::{Examination, KeyPath, Noted},
    manifest::Auth,
};
use crate::load_options::Endpoint;

/// Notes that the deployment sets no certificate for a source whose contract wants one. The demonstration's sources, over
/// plain http on its own machine, have no TLS to show one in.
pub(super) fn check(
    examination: &mut Examination<'_>,
    auth: &Auth,
    endpoint: Option<&Endpoint>,
    slug: &str,
    is_secured: bool,
) -> Result<(), Noted> {
    let is_set = endpoint.is_some_and(|endpoint| endpoint.tls.client_certificate.is_some());
    if auth.mutual_tls.is_none() || is_set || !is_secured {
        return Ok(());
    }
    let message = "the deployment sets no client certificate for this source";
    let hint = format!("set sources.{slug}.client_certificate_file and sources.{slug}.client_key_file");
    Err(examination.wrong_key(&KeyPath::of("spec.auth.mutualTls"), message, Some(hint)))
}
