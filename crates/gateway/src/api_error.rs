//! Everything that can go wrong with a request, in one table: the only place that chooses status codes.
//!
//! A person's browser gets a page, everybody else an RFC 9457 problem; both show the same stable code and reference
//! and nothing of the cause.

mod document;

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use overblik_widgets::LocalizedText;

use crate::{
    admin::AdminRefusal,
    embed::Refusal,
    session::{StoreError, cookie},
};

/// Why a request gets no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ApiError {
    /// No session cookie was sent.
    NotLoggedIn,
    /// The session cookie opens nothing: expired, logged out, or never ours. One answer for all of them. The cookie is
    /// left alone: by the time this answer arrives, another tab may have logged in again.
    SessionOver,
    /// There are several session cookies, or one that cannot be ours; it is taken away.
    SessionCookieUnusable,
    /// The session store is away.
    StoreAway,
    /// No such page.
    NotFound,
    /// The path exists, but not for this method.
    MethodNotAllowed,
    /// A request that our own pages would have had to send, and did not.
    ForeignOrigin,
    /// A body that is not JSON, where only JSON is read.
    NotJson,
    /// A parameter is missing, repeated or malformed.
    BadParameter,
    /// The request's body is too large.
    BodyTooLarge,
    /// The request's body did not come in time.
    BodyTooSlow,
    /// More often than one caller may.
    TooManyRequests {
        /// Seconds after which it is worth asking again.
        retry_after_s: u32,
    },
    /// As many overviews of the session or the citizen are under way as may be.
    TooManyStreams {
        /// Seconds after which it is worth asking again.
        retry_after_s: u32,
    },
    /// What everybody may know of the statistics has not been added up yet.
    StatisticsAway,
    /// The audit trail cannot be read, or cannot be written to, just now.
    AccessLogAway,
    /// As many overviews are under way as this process can hold.
    Overloaded {
        /// Seconds after which it is worth asking again.
        retry_after_s: u32,
    },
    /// New logins wait for their turn.
    LoginsWait {
        /// Seconds after which to ask whether it has come.
        retry_after_s: u32,
    },
    /// This process is stopping and begins nothing new.
    GoingAway,
    /// The login attempt is unknown, expired, used, or another browser's.
    LoginAttemptUnknown,
    /// The citizen or the provider cancelled the login.
    LoginCancelled,
    /// The provider's answer to the login could not be trusted.
    LoginRefused,
    /// The login was verified but names no CPR number.
    LoginWithoutCpr,
    /// The login was verified at a lower level than needed.
    LoginLevelTooLow,
    /// A logout token of the identity provider that is not accepted; the log says why.
    LogoutTokenRefused,
    /// The identity provider does not answer.
    ProviderAway,
    /// An access token was shown where none opens anything.
    TokenNotTaken,
    /// A request says in more than one way, or in the wrong place, who sent it.
    CredentialsAmbiguous,
    /// An access token that opens nothing: not ours, not valid (any more), or shown otherwise than it may be. One answer
    /// for all of them.
    TokenRefused,
    /// The proof that an access token is the sender's own is missing or wrong (DPoP).
    ProofRefused,
    /// The proof must hold a nonce of ours, which comes with this answer.
    ProofNeedsNonce,
    /// The access token was not made for this.
    ScopeMissing,
    /// The access token was issued at a lower level than needed.
    TokenLevelTooLow,
    /// A portal's server gets no token.
    ExchangeRefused(Refusal),
    /// The admin API does not do it.
    AdminRefused(AdminRefusal),
    /// A defect of ours.
    Internal,
}

/// What an error looks like from outside.
#[derive(Clone, Debug)]
pub struct Face {
    /// HTTP status.
    pub status: StatusCode,
    /// Stable code, documented in `contracts/problems.md`.
    pub code: &'static str,
    /// Title for people.
    pub title: LocalizedText,
    /// What it means and what to do.
    pub explanation: LocalizedText,
}

impl ApiError {
    /// Every error, for the documentation's test.
    pub const ALL: [Self; 51] = [
        Self::NotLoggedIn,
        Self::SessionOver,
        Self::SessionCookieUnusable,
        Self::StoreAway,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::ForeignOrigin,
        Self::NotJson,
        Self::BadParameter,
        Self::BodyTooLarge,
        Self::BodyTooSlow,
        Self::TooManyRequests { retry_after_s: 1 },
        Self::TooManyStreams { retry_after_s: 1 },
        Self::Overloaded { retry_after_s: 1 },
        Self::LoginsWait { retry_after_s: 1 },
        Self::StatisticsAway,
        Self::AccessLogAway,
        Self::GoingAway,
        Self::LoginAttemptUnknown,
        Self::LoginCancelled,
        Self::LoginRefused,
        Self::LoginWithoutCpr,
        Self::LoginLevelTooLow,
        Self::LogoutTokenRefused,
        Self::ProviderAway,
        Self::TokenNotTaken,
        Self::CredentialsAmbiguous,
        Self::TokenRefused,
        Self::ProofRefused,
        Self::ProofNeedsNonce,
        Self::ScopeMissing,
        Self::TokenLevelTooLow,
        Self::ExchangeRefused(Refusal::Client),
        Self::ExchangeRefused(Refusal::SubjectToken),
        Self::ExchangeRefused(Refusal::Source),
        Self::ExchangeRefused(Refusal::Audience),
        Self::ExchangeRefused(Refusal::Way),
        Self::AdminRefused(AdminRefusal::Client),
        Self::AdminRefused(AdminRefusal::Token),
        Self::AdminRefused(AdminRefusal::NoRole),
        Self::AdminRefused(AdminRefusal::Body),
        Self::AdminRefused(AdminRefusal::Mistakes),
        Self::AdminRefused(AdminRefusal::NotAllowed),
        Self::AdminRefused(AdminRefusal::FourEyes),
        Self::AdminRefused(AdminRefusal::State),
        Self::AdminRefused(AdminRefusal::Stale),
        Self::AdminRefused(AdminRefusal::Unconditional),
        Self::AdminRefused(AdminRefusal::Busy),
        Self::AdminRefused(AdminRefusal::TooLong),
        Self::AdminRefused(AdminRefusal::RegistryAway),
        Self::Internal,
    ];

    /// More often than one caller may, for so long yet.
    #[must_use]
    pub fn too_many_requests(wait: Duration) -> Self {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        Self::TooManyRequests { retry_after_s: u32::try_from(seconds).unwrap_or(u32::MAX).max(1) }
    }

    /// Seconds after which the same is worth trying again, where that is known.
    fn retry_after_s(self) -> Option<u32> {
        match self {
            Self::TooManyRequests { retry_after_s }
            | Self::TooManyStreams { retry_after_s }
            | Self::Overloaded { retry_after_s }
            | Self::LoginsWait { retry_after_s } => Some(retry_after_s),
            Self::AdminRefused(AdminRefusal::Busy | AdminRefusal::TooLong | AdminRefusal::RegistryAway) => Some(5),
            Self::StatisticsAway | Self::AccessLogAway => Some(10),
            // By then a proxy has noticed, and leads to another process.
            Self::GoingAway => Some(2),
            _ => None,
        }
    }

    /// The row of this error.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "one table, a row per error")]
    pub fn face(self) -> Face {
        let face = |status, code, title: (&str, &str), explanation: (&str, &str)| Face {
            status,
            code,
            title: LocalizedText::new(title.0, title.1),
            explanation: LocalizedText::new(explanation.0, explanation.1),
        };
        match self {
            Self::NotLoggedIn | Self::SessionOver | Self::SessionCookieUnusable => face(
                StatusCode::UNAUTHORIZED,
                "not-logged-in",
                ("Du er ikke logget ind", "You are not logged in"),
                ("Log ind for at se dit overblik.", "Log in to see your overview."),
            ),
            Self::StoreAway => face(
                StatusCode::SERVICE_UNAVAILABLE,
                "sessions-unavailable",
                ("Overblikket er ude af drift", "The overview is out of service"),
                (
                    "Vi kan ikke se, hvem du er, og viser derfor intet. Prøv igen om lidt.",
                    "We cannot tell who you are and therefore show nothing. Try again in a while.",
                ),
            ),
            Self::NotFound => face(
                StatusCode::NOT_FOUND,
                "not-found",
                ("Siden findes ikke", "No such page"),
                ("Gå til forsiden.", "Go to the front page."),
            ),
            Self::MethodNotAllowed => face(
                StatusCode::METHOD_NOT_ALLOWED,
                "method-not-allowed",
                ("Det kan man ikke her", "That is not possible here"),
                ("Gå til forsiden.", "Go to the front page."),
            ),
            Self::ForeignOrigin => face(
                StatusCode::FORBIDDEN,
                "foreign-origin",
                ("Afvist", "Refused"),
                ("Forespørgslen kom ikke fra vores egne sider.", "The request did not come from our own pages."),
            ),
            Self::NotJson => face(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "not-json",
                ("Forespørgslen kan ikke læses", "The request cannot be read"),
                ("Indholdet skal sendes som application/json.", "The body must be sent as application/json."),
            ),
            Self::BadParameter => face(
                StatusCode::BAD_REQUEST,
                "bad-parameter",
                ("Forespørgslen kan ikke læses", "The request cannot be read"),
                (
                    "En parameter mangler, står flere gange eller har en forkert form.",
                    "A parameter is missing, repeated or malformed.",
                ),
            ),
            Self::BodyTooLarge => face(
                StatusCode::PAYLOAD_TOO_LARGE,
                "body-too-large",
                ("Forespørgslen er for stor", "The request is too large"),
                ("Send en mindre forespørgsel.", "Send a smaller request."),
            ),
            Self::TooManyRequests { .. } => face(
                StatusCode::TOO_MANY_REQUESTS,
                "too-many-requests",
                ("Der kom for mange forespørgsler", "There were too many requests"),
                ("Vent et øjeblik, og prøv så igen.", "Wait a moment, then try again."),
            ),
            Self::BodyTooSlow => face(
                StatusCode::REQUEST_TIMEOUT,
                "body-too-slow",
                ("Forespørgslen kom for langsomt", "The request came too slowly"),
                ("Send forespørgslen igen.", "Send the request again."),
            ),
            Self::TooManyStreams { .. } => face(
                StatusCode::TOO_MANY_REQUESTS,
                "too-many-overviews-open",
                ("Dit overblik er åbent for mange steder", "Your overview is open in too many places"),
                (
                    "Det hentes allerede så mange gange, som det kan på samme tid. Luk en fane, eller vent et øjeblik.",
                    "It is being fetched as many times as it can be at once. Close a tab, or wait a moment.",
                ),
            ),
            Self::Overloaded { .. } => face(
                StatusCode::SERVICE_UNAVAILABLE,
                "overloaded",
                ("Der er for mange på én gang", "There are too many people at once"),
                (
                    "Du er stadig logget ind. Vent et øjeblik, og prøv så igen.",
                    "You are still logged in. Wait a moment, then try again.",
                ),
            ),
            Self::LoginsWait { .. } => face(
                StatusCode::SERVICE_UNAVAILABLE,
                "logins-wait",
                ("Der er kø til at logge ind", "There is a line to log in"),
                (
                    "Prøv igen med den cookie, du fik. Den, der kom først, kommer først ind.",
                    "Try again with the cookie that you were given. Whoever came first gets in first.",
                ),
            ),
            Self::StatisticsAway => face(
                StatusCode::SERVICE_UNAVAILABLE,
                "statistics-unavailable",
                ("Tallene er ikke talt op endnu", "The figures are not added up yet"),
                ("Prøv igen om lidt.", "Try again in a while."),
            ),
            Self::AccessLogAway => face(
                StatusCode::SERVICE_UNAVAILABLE,
                "access-log-unavailable",
                ("Loggen kan ikke læses lige nu", "The log cannot be read right now"),
                (
                    "Det siger intet om, hvad der er spurgt om. Prøv igen om lidt.",
                    "This says nothing about what was asked. Try again in a while.",
                ),
            ),
            Self::GoingAway => face(
                StatusCode::SERVICE_UNAVAILABLE,
                "going-away",
                ("Overblikket er ved at genstarte", "The overview is restarting"),
                ("Prøv igen om et øjeblik.", "Try again in a moment."),
            ),
            Self::LoginAttemptUnknown => face(
                StatusCode::BAD_REQUEST,
                "login-attempt-unknown",
                ("Login kunne ikke fuldføres", "The login could not be completed"),
                (
                    "Loginforsøget er udløbet eller allerede brugt. Log ind igen.",
                    "The login attempt has expired or was already used. Log in again.",
                ),
            ),
            Self::LoginCancelled => face(
                StatusCode::FORBIDDEN,
                "login-cancelled",
                ("Login blev afbrudt", "The login was cancelled"),
                (
                    "Du er ikke logget ind. Log ind igen, hvis du vil se dit overblik.",
                    "You are not logged in. Log in again if you want to see your overview.",
                ),
            ),
            Self::LoginRefused => face(
                StatusCode::BAD_GATEWAY,
                "login-refused",
                ("Login kunne ikke fuldføres", "The login could not be completed"),
                (
                    "Svaret fra logintjenesten kunne ikke godkendes. Log ind igen.",
                    "The answer from the login service could not be accepted. Log in again.",
                ),
            ),
            Self::LoginWithoutCpr => face(
                StatusCode::FORBIDDEN,
                "login-without-cpr",
                ("Dit login giver ikke adgang", "Your login gives no access"),
                (
                    "Overblikket kræver et login, der er knyttet til et CPR-nummer. Myndighedernes egne sider er stadig åbne for dig.",
                    "The overview needs a login that is tied to a CPR number. The authorities' own pages are still open to you.",
                ),
            ),
            Self::LoginLevelTooLow => face(
                StatusCode::FORBIDDEN,
                "login-level-too-low",
                ("Dit login er ikke sikkert nok", "Your login is not secure enough"),
                ("Log ind igen med et højere sikkerhedsniveau.", "Log in again at a higher level of security."),
            ),
            Self::LogoutTokenRefused => face(
                StatusCode::BAD_REQUEST,
                "logout-token-refused",
                ("Logout blev afvist", "The logout was refused"),
                ("Logout-tokenet kan ikke godtages.", "The logout token cannot be accepted."),
            ),
            Self::ProviderAway => face(
                StatusCode::SERVICE_UNAVAILABLE,
                "login-unavailable",
                ("Login er ude af drift", "Login is out of service"),
                (
                    "Logintjenesten svarer ikke lige nu. Prøv igen om lidt.",
                    "The login service is not answering right now. Try again in a while.",
                ),
            ),
            Self::TokenNotTaken => face(
                StatusCode::UNAUTHORIZED,
                "token-not-taken",
                ("Her bruges ikke adgangstokens", "Access tokens are not used here"),
                (
                    "Denne adresse eller hele overblikket er ikke åben for apps med adgangstokens.",
                    "This address, or the whole overview, is not open to apps with access tokens.",
                ),
            ),
            Self::CredentialsAmbiguous => face(
                StatusCode::BAD_REQUEST,
                "ambiguous-credentials",
                ("Forespørgslen kan ikke læses", "The request cannot be read"),
                (
                    "Den siger på flere måder eller det forkerte sted, hvem den kommer fra. Send ét adgangstoken i ét Authorization-felt og ingen cookie.",
                    "It says in several ways, or in the wrong place, who sent it. Send one access token in one Authorization field, and no cookie.",
                ),
            ),
            Self::TokenRefused => face(
                StatusCode::UNAUTHORIZED,
                "invalid-token",
                ("Du er ikke logget ind", "You are not logged in"),
                ("Log ind i appen igen.", "Log in to the app again."),
            ),
            Self::ProofRefused => face(
                StatusCode::UNAUTHORIZED,
                "invalid-dpop-proof",
                ("Appen kunne ikke genkendes", "The app could not be recognised"),
                (
                    "Beviset for, at adgangstokenet er appens eget, mangler eller kan ikke godkendes.",
                    "The proof that the access token is the app's own is missing or cannot be accepted.",
                ),
            ),
            Self::ProofNeedsNonce => face(
                StatusCode::UNAUTHORIZED,
                "use-dpop-nonce",
                ("Appen skal spørge igen", "The app must ask again"),
                (
                    "Beviset skal indeholde værdien i svarets DPoP-Nonce-felt.",
                    "The proof must hold the value in this answer's DPoP-Nonce field.",
                ),
            ),
            Self::ScopeMissing => face(
                StatusCode::FORBIDDEN,
                "insufficient-scope",
                ("Appen har ikke adgang", "The app has no access"),
                (
                    "Appens adgangstoken omfatter ikke overblikket.",
                    "The app's access token does not cover the overview.",
                ),
            ),
            Self::TokenLevelTooLow => face(
                StatusCode::UNAUTHORIZED,
                "insufficient-user-authentication",
                ("Dit login er ikke sikkert nok", "Your login is not secure enough"),
                ("Log ind igen med et højere sikkerhedsniveau.", "Log in again at a higher level of security."),
            ),
            Self::ExchangeRefused(refusal) => Face {
                status: match refusal {
                    Refusal::Client => StatusCode::UNAUTHORIZED,
                    Refusal::SubjectToken | Refusal::Source | Refusal::Audience => StatusCode::BAD_REQUEST,
                    Refusal::Way => StatusCode::FORBIDDEN,
                },
                code: refusal.code(),
                title: LocalizedText::new("Portalen får ikke adgang", "The portal gets no access"),
                explanation: refusal.explanation(),
            },
            Self::AdminRefused(refusal) => Face {
                status: match refusal {
                    AdminRefusal::Client | AdminRefusal::Token => StatusCode::UNAUTHORIZED,
                    AdminRefusal::Body => StatusCode::BAD_REQUEST,
                    AdminRefusal::Mistakes => StatusCode::UNPROCESSABLE_ENTITY,
                    AdminRefusal::NotAllowed | AdminRefusal::FourEyes | AdminRefusal::NoRole => StatusCode::FORBIDDEN,
                    AdminRefusal::State => StatusCode::CONFLICT,
                    AdminRefusal::Stale => StatusCode::PRECONDITION_FAILED,
                    AdminRefusal::Unconditional => StatusCode::PRECONDITION_REQUIRED,
                    AdminRefusal::Busy | AdminRefusal::TooLong | AdminRefusal::RegistryAway => {
                        StatusCode::SERVICE_UNAVAILABLE
                    }
                },
                code: refusal.code(),
                title: refusal.title(),
                explanation: refusal.explanation(),
            },
            Self::Internal => face(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                ("Der skete en fejl hos os", "Something went wrong on our side"),
                ("Prøv igen om lidt.", "Try again in a while."),
            ),
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(_: StoreError) -> Self {
        Self::StoreAway
    }
}

impl IntoResponse for ApiError {
    /// The bare error; `handlers::page::errors_as_pages` gives every error its outer form.
    fn into_response(self) -> Response {
        let mut response = self.face().status.into_response();
        if self == Self::SessionCookieUnusable {
            response.headers_mut().append(header::SET_COOKIE, cookie::take_session());
        }
        if let Some(retry_after_s) = self.retry_after_s() {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(retry_after_s));
        }
        response.extensions_mut().insert(self);
        response
    }
}
