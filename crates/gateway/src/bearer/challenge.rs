//! What an app that was refused is told (RFC 6750 section 3, RFC 9449 section 7, RFC 9470 section 3): what it lacks, and
//! nothing about why.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderName, HeaderValue, header};

use super::{nonce, proof::ALGORITHMS, shown::Scheme};
use crate::{
    api_error::ApiError,
    app::App,
    config::{ApiConfig, Dpop, SignatureAlgorithm},
};

const NONCE: HeaderName = HeaderName::from_static("dpop-nonce");

/// Adds to the answers that apps get what they need to ask again: a nonce to whoever sends proofs, challenges to whoever
/// was refused.
pub(crate) async fn add_challenges(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut shown = Scheme::named(request.headers());
    let path = request.uri().path();
    // Browsers, whose pages are elsewhere, are not asked for tokens.
    let api = if path.starts_with("/api/") {
        app.api.clone()
    } else if path.starts_with("/embed/v1/") {
        // A token in a form is bound to a key if a proof comes with it.
        shown = shown.or_else(|| request.headers().contains_key("dpop").then_some(Scheme::Dpop));
        // What they say of tokens is the same for all portals.
        app.portals.all().next().map(|portal| portal.api.clone())
    } else {
        None
    };
    let mut response = next.run(request).await;
    let Some(api) = &api else { return response };
    if shown == Some(Scheme::Dpop)
        && let Ok(nonce) = HeaderValue::from_str(&nonce::current(&app.sessions.ring().keys(), app.clock.now()))
    {
        response.headers_mut().insert(NONCE, nonce);
    }
    let error = response.extensions().get::<ApiError>().copied();
    for challenge in error.map(|error| challenges(&app, api, error, shown)).unwrap_or_default() {
        // The configuration lets nothing in that a header could not say.
        if let Ok(challenge) = HeaderValue::from_str(&challenge) {
            response.headers_mut().append(header::WWW_AUTHENTICATE, challenge);
        }
    }
    response
}

/// One challenge for each way in which a token may be shown; the way that was tried says what went wrong.
fn challenges(app: &App, api: &ApiConfig, error: ApiError, shown: Option<Scheme>) -> Vec<String> {
    let Some(said) = said(app, api, error) else { return Vec::new() };
    let offered = match api.dpop {
        Dpop::Accepted => [Some(Scheme::Bearer), Some(Scheme::Dpop)],
        Dpop::Required => [None, Some(Scheme::Dpop)],
    };
    let of = |scheme: Scheme| {
        // What went wrong is said where it was tried, or where it would have to be.
        let is_addressed = shown == Some(scheme) || (shown == Some(Scheme::Bearer) && api.dpop == Dpop::Required);
        let algorithms = || format!("algs=\"{}\"", ALGORITHMS.map(SignatureAlgorithm::name).join(" "));
        let mut parameters = if is_addressed { said.clone() } else { Vec::new() };
        parameters.extend((scheme == Scheme::Dpop).then(algorithms));
        [scheme.name().to_owned(), parameters.join(", ")].join(" ").trim_end().to_owned()
    };
    offered.into_iter().flatten().map(of).collect()
}

/// What went wrong, as the parameters of a challenge: none where the request showed nothing that could be wrong; `None`
/// where no challenge belongs to the error.
fn said(app: &App, api: &ApiConfig, error: ApiError) -> Option<Vec<String>> {
    let quoted = |name: &str, value: &str| format!("{name}=\"{value}\"");
    let code = |code: &str| Some(vec![quoted("error", code)]);
    match error {
        ApiError::NotLoggedIn => Some(Vec::new()),
        ApiError::CredentialsAmbiguous => code("invalid_request"),
        ApiError::TokenRefused => code("invalid_token"),
        ApiError::ProofRefused => code("invalid_dpop_proof"),
        ApiError::ProofNeedsNonce => code("use_dpop_nonce"),
        ApiError::ScopeMissing => Some(vec![quoted("error", "insufficient_scope"), quoted("scope", &api.scope)]),
        ApiError::TokenLevelTooLow => {
            let names = quoted("acr_values", &app.login.sufficient_level_names().join(" "));
            Some(vec![quoted("error", "insufficient_user_authentication"), names])
        }
        _ => None,
    }
}
