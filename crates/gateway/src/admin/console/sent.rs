//! What a form sent.

use axum::extract::{FromRequest, Request};
use http::HeaderMap;
use jiff::{Timestamp, civil::DateTime};
use overblik_registry::{Line, Share};
use overblik_widgets::COPENHAGEN;

use crate::{
    admin::{Admin, AdminRefusal, body::LookedAt, error::AdminError},
    api_error::ApiError,
    edge::body,
    form::Form,
};

/// Largest form, in bytes.
const LARGEST: usize = 16 * 1024;

/// A form as it came.
pub(in crate::admin) struct Sent {
    headers: HeaderMap,
    body: bytes::Bytes,
}

impl FromRequest<Admin> for Sent {
    type Rejection = AdminError;

    async fn from_request(request: Request, admin: &Admin) -> Result<Self, AdminError> {
        let request = body::read(request, LARGEST, admin.app.patience).await?;
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, LARGEST).await.map_err(|_| ApiError::BodyTooLarge)?;
        Ok(Self { headers: parts.headers, body })
    }
}

impl Sent {
    /// Its fields: the record that the sender looked at, these, and no others.
    pub(super) fn fields(&self, known: &[&str]) -> Result<Fields, AdminError> {
        let known: Vec<&str> = ["record"].into_iter().chain(known.iter().copied()).collect();
        Ok(Fields(Form::read(&self.headers, &self.body, &known)?))
    }
}

/// The fields of a form.
pub(super) struct Fields(Form);

impl Fields {
    /// What the sender looked at.
    pub(super) fn seen(&self) -> Result<LookedAt, AdminError> {
        Ok(LookedAt::Record(self.number("record")?))
    }

    pub(super) fn number<T: std::str::FromStr>(&self, name: &str) -> Result<T, AdminError> {
        let number = self.0.get(name).and_then(|number| number.trim().parse().ok());
        number.ok_or_else(|| AdminError::because(AdminRefusal::Body, format!("{name} is no number")))
    }

    pub(super) fn line(&self, name: &str) -> Result<Line, AdminError> {
        let missing = || AdminError::because(AdminRefusal::Body, format!("{name} is missing"));
        self.optional_line(name)?.ok_or_else(missing)
    }

    pub(super) fn optional_line(&self, name: &str) -> Result<Option<Line>, AdminError> {
        let given = self.0.get(name).map(str::trim).filter(|text| !text.is_empty());
        let line = given.map(Line::parse).transpose();
        line.map_err(|wrong| AdminError::because(AdminRefusal::Body, format!("{name}: {wrong}")))
    }

    /// A time as a browser writes it, which is Danish to whoever reads the page.
    pub(super) fn danish_time(&self, name: &str) -> Result<Timestamp, AdminError> {
        let wrong = || AdminError::because(AdminRefusal::Body, format!("{name} is no time"));
        let time: DateTime = self.0.get(name).and_then(|time| time.trim().parse().ok()).ok_or_else(wrong)?;
        time.to_zoned(COPENHAGEN.clone()).map(|time| time.timestamp()).map_err(|_| wrong())
    }

    pub(super) fn share(&self) -> Result<Share, AdminError> {
        let share = Share::try_from(self.number::<u8>("share")?);
        share.map_err(|wrong| AdminError::because(AdminRefusal::Body, wrong.to_string()))
    }
}
