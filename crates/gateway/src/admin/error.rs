//! Why a request to the admin API gets no answer: a row of the one table of errors, and what is particular about this time.

use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, header};
use overblik_widgets::Language;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::AdminRefusal;
use crate::{api_error::ApiError, page::console::FormMistake};

/// What a caller is told of a thing that there is not, or that is not theirs: to the letter the same (requirement R46).
const NOTHING: &str = "There is no such thing here, or it is not yours.";

/// Why a request gets no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AdminError {
    error: ApiError,
    particulars: Particulars,
}

/// What is particular about one error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Particulars {
    pub(super) detail: Option<String>,
    mistakes: Vec<Mistake>,
    /// What is wrong in a form, which is told in the reader's language.
    pub(super) form: Option<FormMistake>,
}

impl Particulars {
    fn said(detail: Option<String>) -> Self {
        Self { detail, ..Self::default() }
    }
}

/// A mistake in a contract.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(super) struct Mistake {
    /// The file of the bundle.
    file: String,
    /// The line, from 1; none where it is about the file as a whole.
    line: Option<usize>,
    /// The column in characters, from 1.
    column: Option<usize>,
    /// The keys that lead there, such as `spec.requests.loans.path`.
    path: String,
    /// What is wrong.
    message: String,
    /// What to do about it.
    hint: Option<String>,
}

impl From<&overblik_registry::Mistake> for Mistake {
    fn from(mistake: &overblik_registry::Mistake) -> Self {
        let overblik_registry::Mistake { file, line, column, path, message, hint } = mistake.clone();
        Self { file, line, column, path, message, hint }
    }
}

impl AdminError {
    /// There is no such thing, or it is another's.
    pub(super) fn not_found() -> Self {
        ApiError::NotFound.into()
    }

    /// A thing that is the caller's has no such part.
    pub(super) fn no_part(detail: String) -> Self {
        Self { error: ApiError::NotFound, particulars: Particulars::said(Some(detail)) }
    }

    /// Its row in the table.
    pub(super) fn kind(&self) -> ApiError {
        self.error
    }

    /// What is particular about this time, in English.
    pub(super) fn detail(&self) -> Option<&str> {
        self.particulars.detail.as_deref()
    }

    /// With a sentence about this very time.
    pub(super) fn because(refusal: AdminRefusal, detail: impl Into<String>) -> Self {
        let particulars = Particulars::said(Some(detail.into()));
        Self { error: ApiError::AdminRefused(refusal), particulars }
    }

    /// A form is not as it must be.
    pub(super) fn in_form(mistake: FormMistake) -> Self {
        let detail = mistake.words(Language::En);
        let particulars = Particulars { form: Some(mistake), ..Particulars::said(Some(detail)) };
        Self { error: ApiError::AdminRefused(AdminRefusal::Body), particulars }
    }

    /// A contract has mistakes; in it, or by now.
    pub(super) fn mistakes(mistakes: Vec<Mistake>, detail: Option<&str>) -> Self {
        let particulars = Particulars { mistakes, ..Particulars::said(detail.map(str::to_owned)) };
        Self { error: ApiError::AdminRefused(AdminRefusal::Mistakes), particulars }
    }
}

impl From<ApiError> for AdminError {
    fn from(error: ApiError) -> Self {
        let detail = (error == ApiError::NotFound).then(|| NOTHING.to_owned());
        Self { error, particulars: Particulars::said(detail) }
    }
}

impl From<AdminRefusal> for AdminError {
    fn from(refusal: AdminRefusal) -> Self {
        ApiError::AdminRefused(refusal).into()
    }
}

impl IntoResponse for AdminError {
    /// The bare error; [`as_problems`] gives it its outer form.
    fn into_response(self) -> Response {
        let mut response = self.error.into_response();
        response.extensions_mut().insert(self.particulars);
        response
    }
}

/// Gives every error its outer form, whatever layer or handler made it. What finds it in the log stands in a header, so that
/// the same error is the same bytes.
pub(super) async fn as_problems(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let error = response.extensions().get::<ApiError>().copied();
    if let Some(error) = error.filter(|_| !response.headers().contains_key(header::CONTENT_TYPE)) {
        let particulars = response.extensions_mut().remove::<Particulars>();
        let particulars = particulars.unwrap_or_else(|| AdminError::from(error).particulars);
        let mut members = error.face().members(Language::En);
        if let Some(detail) = particulars.detail {
            members.insert("detail".to_owned(), detail.into());
        }
        if !particulars.mistakes.is_empty() {
            members.insert("mistakes".to_owned(), serde_json::to_value(particulars.mistakes).unwrap_or_default());
        }
        *response.body_mut() = Value::Object(members).to_string().into();
        let kind = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        if error == ApiError::AdminRefused(AdminRefusal::Token) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
    }
    let headers = response.headers_mut();
    // Pages of the console come with their own.
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}
