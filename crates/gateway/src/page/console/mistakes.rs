//! What is wrong in a form, in words for whoever filled it in.

use jiff::civil::DateTime;
use overblik_registry::WrongText;
use overblik_widgets::Language;

use crate::page::texts::Texts;

/// Something that is wrong in a form. A field is called by its name in the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FormMistake {
    /// It must be filled in.
    Missing(String),
    /// It is no number.
    NoNumber(String),
    /// It is no share of citizens.
    NoShare,
    /// It is no text that can be kept.
    Text(String, WrongText),
    /// It is no time.
    NoTime(String),
    /// Danish clocks never show that time.
    TimeNever(String, DateTime),
    /// They show it twice.
    TimeTwice(String, DateTime),
    /// It names no municipalities.
    Municipalities,
    /// An authority has this name already.
    SlugTaken,
    /// A source has this name already.
    SourceTaken,
    /// It is no CVR number.
    Cvr,
    /// It is no domain.
    Domain(String),
    /// Two programs have this name.
    ProgramTwice(String),
    /// A program's keys cannot be read, and why, in English.
    Keys(String, String),
    /// A program's key is a private one.
    PrivateKey(String),
    /// What the registry's rules say of it, in English.
    Rule(String),
}

impl FormMistake {
    /// It in a language.
    #[must_use]
    pub fn words(&self, language: Language) -> String {
        let texts = Texts { language };
        match self {
            Self::Missing(field) => texts.mistake_missing(label(texts, field)),
            Self::NoNumber(field) => texts.mistake_number(label(texts, field)),
            Self::NoShare => texts.mistake_share().to_owned(),
            Self::Text(field, wrong) => {
                let field = label(texts, field);
                match wrong {
                    WrongText::NoSlug => texts.mistake_slug(field),
                    WrongText::Blank => texts.mistake_blank(field),
                    WrongText::TooLong => texts.mistake_long(field),
                    WrongText::Unshown => texts.mistake_unshown(field),
                    WrongText::PersonNumber => texts.mistake_person_number(field),
                }
            }
            Self::NoTime(field) => texts.mistake_time(label(texts, field)),
            Self::TimeNever(field, time) => texts.mistake_time_never(label(texts, field), &clock(*time)),
            Self::TimeTwice(field, time) => texts.mistake_time_twice(label(texts, field), &clock(*time)),
            Self::Municipalities => texts.mistake_municipalities().to_owned(),
            Self::SlugTaken => texts.mistake_slug_taken().to_owned(),
            Self::SourceTaken => texts.mistake_source_taken().to_owned(),
            Self::Cvr => texts.mistake_cvr().to_owned(),
            Self::Domain(domain) => texts.mistake_domain(domain),
            Self::ProgramTwice(program) => texts.mistake_program_twice(program),
            Self::Keys(program, said) => texts.mistake_keys(program, said),
            Self::PrivateKey(program) => texts.mistake_private_key(program),
            Self::Rule(said) => said.clone(),
        }
    }
}

/// Hours and minutes.
fn clock(time: DateTime) -> String {
    time.strftime("%H:%M").to_string()
}

/// What a field is called on its page.
fn label(texts: Texts, field: &str) -> &str {
    match field {
        "reason" => texts.reason(),
        "note" => texts.note(),
        "share" => texts.share(),
        "from" => texts.window_from(),
        "to" => texts.window_to(),
        "until" => texts.until_field(),
        "text_da" => texts.window_text_da(),
        "text_en" => texts.window_text_en(),
        "name_da" => texts.name_da(),
        "name_en" => texts.name_en(),
        "slug" => texts.authority_slug(),
        "authority" => texts.new_source_whose(),
        "source" => texts.new_source_slug(),
        "title" => texts.new_source_title(),
        "base_url" => texts.new_source_base_url(),
        "contract" => texts.new_source_pasted(),
        "files" => texts.new_source_chosen(),
        "display_client" => texts.display_client(),
        "program" => texts.program_name(),
        other => other,
    }
}
