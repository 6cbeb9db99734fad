//! What a form sent.

use axum::extract::{FromRequest, Request};
use http::HeaderMap;
use jiff::{Timestamp, civil::DateTime, tz::AmbiguousOffset};
use overblik_registry::{Line, Share, Slug, WrongText};
use overblik_widgets::COPENHAGEN;

use crate::{
    admin::{Admin, body::LookedAt, error::AdminError},
    api_error::ApiError,
    edge::body,
    form::Form,
    page::console::FormMistake,
};

/// Largest form, in bytes.
const SMALL: usize = 16 * 1024;

/// A form as it came, of at most so many bytes.
pub(in crate::admin) struct Sent<const LARGEST: usize = SMALL> {
    headers: HeaderMap,
    body: bytes::Bytes,
}

impl<const LARGEST: usize> FromRequest<Admin> for Sent<LARGEST> {
    type Rejection = AdminError;

    async fn from_request(request: Request, admin: &Admin) -> Result<Self, AdminError> {
        let request = body::read(request, LARGEST, admin.app.patience).await?;
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, LARGEST).await.map_err(|_| ApiError::BodyTooLarge)?;
        Ok(Self { headers: parts.headers, body })
    }
}

impl<const LARGEST: usize> Sent<LARGEST> {
    /// Its fields: the record that the sender looked at, these, and no others.
    pub(super) fn fields(&self, known: &[&str]) -> Result<Fields, AdminError> {
        let known: Vec<&str> = ["record"].into_iter().chain(known.iter().copied()).collect();
        Ok(Fields(Form::read(&self.headers, &self.body, &known)?))
    }

    pub(super) fn as_it_came(&self) -> (&HeaderMap, &[u8]) {
        (&self.headers, &self.body)
    }
}

/// The fields of a form.
pub(super) struct Fields(Form);

impl Fields {
    /// What the sender looked at.
    pub(super) fn seen(&self) -> Result<LookedAt, AdminError> {
        Ok(LookedAt::Record(self.number("record")?))
    }

    /// A field; `None` when it is missing or empty.
    pub(super) fn given(&self, name: &str) -> Option<&str> {
        self.0.get(name)
    }

    /// A field without the blanks around it; `None` where nothing stands in it.
    fn written(&self, name: &str) -> Option<&str> {
        self.given(name).map(str::trim).filter(|text| !text.is_empty())
    }

    /// A field in which something must stand.
    fn required(&self, name: &str) -> Result<&str, AdminError> {
        self.written(name).ok_or_else(|| AdminError::in_form(FormMistake::Missing(name.to_owned())))
    }

    pub(super) fn number<T: std::str::FromStr>(&self, name: &str) -> Result<T, AdminError> {
        let number = self.required(name)?.parse();
        number.map_err(|_| AdminError::in_form(FormMistake::NoNumber(name.to_owned())))
    }

    pub(super) fn line(&self, name: &str) -> Result<Line, AdminError> {
        Line::parse(self.required(name)?).map_err(|wrong| wrong_text(name, wrong))
    }

    pub(super) fn optional_line(&self, name: &str) -> Result<Option<Line>, AdminError> {
        self.written(name).map(|_| self.line(name)).transpose()
    }

    pub(super) fn slug(&self, name: &str) -> Result<Slug, AdminError> {
        Slug::parse(self.required(name)?).map_err(|wrong| wrong_text(name, wrong))
    }

    /// A time as a browser writes it, which is Danish to whoever reads the page.
    pub(super) fn danish_time(&self, name: &str) -> Result<Timestamp, AdminError> {
        danish_time(self.required(name)?, name).map_err(AdminError::in_form)
    }

    pub(super) fn optional_danish_time(&self, name: &str) -> Result<Option<Timestamp>, AdminError> {
        self.written(name).map(|_| self.danish_time(name)).transpose()
    }

    pub(super) fn share(&self) -> Result<Share, AdminError> {
        let share = Share::try_from(self.number::<u8>("share")?);
        share.map_err(|_| AdminError::in_form(FormMistake::NoShare))
    }
}

fn wrong_text(name: &str, wrong: WrongText) -> AdminError {
    AdminError::in_form(FormMistake::Text(name.to_owned(), wrong))
}

/// The moment at which clocks in Denmark show a time. One that they never show, or show twice, is none: an hour more or less
/// is not ours to choose.
fn danish_time(written: &str, name: &str) -> Result<Timestamp, FormMistake> {
    let time: DateTime = written.parse().map_err(|_| FormMistake::NoTime(name.to_owned()))?;
    let shown = COPENHAGEN.to_ambiguous_timestamp(time);
    match shown.offset() {
        AmbiguousOffset::Gap { .. } => Err(FormMistake::TimeNever(name.to_owned(), time)),
        AmbiguousOffset::Fold { .. } => Err(FormMistake::TimeTwice(name.to_owned(), time)),
        AmbiguousOffset::Unambiguous { .. } => shown.unambiguous().map_err(|_| FormMistake::NoTime(name.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use overblik_widgets::Language;

    use super::*;

    #[test]
    fn a_time_is_the_moment_at_which_danish_clocks_show_it_and_none_that_they_show_never_or_twice() {
        let read = |written| danish_time(written, "until").map(|moment| moment.to_string());
        assert_eq!(read("2026-07-01T12:00"), Ok("2026-07-01T10:00:00Z".to_owned()));
        assert_eq!(read("2026-12-01T12:00"), Ok("2026-12-01T11:00:00Z".to_owned()));
        // The nights in which clocks are put forward and back.
        assert_eq!(read("2027-03-28T01:59"), Ok("2027-03-28T00:59:00Z".to_owned()));
        assert!(matches!(read("2027-03-28T02:30"), Err(FormMistake::TimeNever(..))));
        assert_eq!(read("2027-03-28T03:00"), Ok("2027-03-28T01:00:00Z".to_owned()));
        assert_eq!(read("2026-10-25T01:59"), Ok("2026-10-24T23:59:00Z".to_owned()));
        assert!(matches!(read("2026-10-25T02:30"), Err(FormMistake::TimeTwice(..))));
        assert_eq!(read("2026-10-25T03:00"), Ok("2026-10-25T02:00:00Z".to_owned()));
        for none in ["", "i morgen", "2026-02-30T10:00", "2026-07-01T10:00Z"] {
            assert_eq!(read(none), Err(FormMistake::NoTime("until".to_owned())), "{none}");
        }
        let said = danish_time("2026-10-25T02:30", "until").expect_err("twice").words(Language::Da);
        assert!(said.contains("02:30 to gange"), "{said}");
    }
}
