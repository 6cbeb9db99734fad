//! Which portal's server asks: whoever signs by a key of its registration (requirement R69).

use std::sync::Arc;

use super::{Portal, Refusal};
use crate::{
    api_error::ApiError,
    app::App,
    client_assertion::{Door, Registered},
    form::Form,
    login::VerificationKey,
};

impl Registered for Arc<Portal> {
    fn name(&self) -> &str {
        &self.name
    }

    fn keys(&self) -> Arc<Vec<VerificationKey>> {
        self.keys.current()
    }
}

/// The portal that a form proves to ask. It is counted among those that ask.
///
/// # Errors
/// [`Refusal::Client`], [`ApiError::TooManyRequests`], [`ApiError::StoreAway`].
pub(crate) async fn authenticate(app: &App, form: &Form) -> Result<Arc<Portal>, ApiError> {
    let us = app.public_url.origin().ascii_serialization();
    let door = Door { us: &us, used_at: "portal-assertion", refusal: ApiError::ExchangeRefused(Refusal::Client) };
    let registered = |name: &str| app.portals.get(name).map(Arc::clone);
    let proved = door.authenticate(app, form, registered, |portal| app.limits.client(&portal.counted_as)).await?;
    Ok(proved.client)
}
