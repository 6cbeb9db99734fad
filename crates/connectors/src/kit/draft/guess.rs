//! Which value of an answer may be which field of a widget: by its form, and by how alike the names are.

use overblik_widgets::{FieldSpec, FieldType, WidgetKind};

/// One value in an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    /// The list whose items have it; `None` for one that stands beside the lists.
    pub(super) list: Option<String>,
    /// Where it is, in the item or in the answer.
    pub(super) path: String,
    pub(super) form: Form,
    /// The codes that it may have.
    pub(super) codes: Vec<String>,
}

/// What a value looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    Date,
    Moment,
    Link,
    Code,
    Integer,
    Number,
    Flag,
}

/// A field and what it may be read from, the likeliest first.
#[derive(Clone, Debug)]
pub(super) struct Guess {
    pub(super) field: FieldSpec,
    pub(super) from: Vec<Candidate>,
}

/// How alike an optional field's name and a value's must be.
const LIKE_ENOUGH: f64 = 0.7;

/// Danish words of real answers beside the vocabulary's English ones.
const WORDS: [(&str, &[&str]); 20] = [
    ("title", &["titel", "navn", "name", "overskrift", "tekst", "beskrivelse"]),
    ("due_on", &["forfaldsdato", "frist", "due", "afleveringsdato"]),
    ("starts_on", &["startdato", "fra", "start"]),
    ("ends_on", &["slutdato", "til", "end"]),
    ("starts_at", &["starttidspunkt", "tidspunkt", "start"]),
    ("paid_on", &["betaltdato", "betalt", "paid"]),
    ("amount", &["beloeb", "belob", "beløb"]),
    ("remaining", &["restbeloeb", "rest"]),
    ("status", &["status", "tilstand"]),
    ("state", &["status", "tilstand", "state"]),
    ("creditor", &["fordringshaver", "kreditor"]),
    ("link", &["link", "url", "href"]),
    ("child", &["barn", "barnnavn", "child"]),
    ("place", &["sted", "pladsnummer", "lokation", "klinik", "clinic"]),
    ("reference", &["sagsnummer", "reference", "id"]),
    ("institution", &["institution"]),
    ("number", &["nummer"]),
    ("valid_until", &["udloebsdato", "gyldigtil", "expiry"]),
    ("unread", &["ulaeste", "antalulaeste"]),
    ("address", &["adresse"]),
];

/// What each field of a kind may be read from, in the items of a list.
pub(super) fn fields(kind: WidgetKind, each: &str, candidates: &[Candidate]) -> Vec<Guess> {
    let here: Vec<_> = candidates.iter().filter(|candidate| candidate.list.as_deref() == Some(each)).collect();
    // Required fields choose first, and no value is two things at once.
    let mut taken: Vec<&str> = Vec::new();
    let mut guesses = Vec::new();
    for required in [true, false] {
        for field in kind.fields().iter().filter(|field| field.required == required) {
            let fitting = here.iter().filter(|candidate| fits(field.field_type, candidate.form));
            let free = fitting.filter(|candidate| !taken.contains(&candidate.path.as_str()));
            let mut ranked: Vec<_> = free
                .map(|candidate| (likeness(field.name, &candidate.path), depth(&candidate.path), *candidate))
                .collect();
            ranked.sort_by(|(a, near, _), (b, far, _)| b.total_cmp(a).then(near.cmp(far)));
            // A required field must come from somewhere; an optional one that nothing resembles is left out.
            ranked.retain(|(likeness, ..)| field.required || *likeness > LIKE_ENOUGH);
            taken.extend(ranked.first().map(|(.., candidate)| candidate.path.as_str()));
            if field.required || !ranked.is_empty() {
                let from = ranked.into_iter().map(|(.., candidate)| candidate.clone()).collect();
                guesses.push(Guess { field: *field, from });
            }
        }
    }
    guesses
}

fn depth(path: &str) -> usize {
    path.matches(['.', '[']).count()
}

/// Where an answer may say whom it is about.
pub(super) fn identity(candidates: &[Candidate]) -> Option<&Candidate> {
    let named = |candidate: &&Candidate| last_name(&candidate.path).contains("cpr") && candidate.list.is_none();
    candidates.iter().find(named)
}

fn fits(field: FieldType, form: Form) -> bool {
    match field {
        FieldType::Text => matches!(form, Form::Text | Form::Code | Form::Integer),
        FieldType::Date => matches!(form, Form::Date | Form::Moment | Form::Text),
        FieldType::Moment => matches!(form, Form::Moment | Form::Text),
        FieldType::Money => matches!(form, Form::Number | Form::Integer | Form::Text),
        FieldType::Integer => form == Form::Integer,
        FieldType::Flag => form == Form::Flag,
        FieldType::Link => matches!(form, Form::Link | Form::Text),
        FieldType::Code | FieldType::Choice(_) => matches!(form, Form::Code | Form::Text),
    }
}

/// How alike a field's name and the end of a path are: 1 for the same.
fn likeness(field: &str, path: &str) -> f64 {
    let name = last_name(path);
    let words = WORDS.iter().find(|(word, _)| *word == field).map(|(_, words)| *words).unwrap_or_default();
    let own = field.replace('_', "");
    let all = std::iter::once(own.as_str()).chain(words.iter().copied());
    all.map(|word| strsim::jaro_winkler(word, &name)).fold(0.0, f64::max)
}

fn last_name(path: &str) -> String {
    let name = path.rsplit(['.', '\'']).find(|part| !part.is_empty() && *part != "]").unwrap_or_default();
    name.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(path: &str, form: Form) -> Candidate {
        Candidate { list: Some("$.items".to_owned()), path: path.to_owned(), form, codes: Vec::new() }
    }

    #[test]
    fn a_field_is_read_from_what_has_its_form_and_a_name_like_it() {
        let candidates = [
            candidate("$.klinik.navn", Form::Text),
            candidate("$.forfaldsdato", Form::Date),
            candidate("$.oprettet", Form::Date),
            candidate("$.titel", Form::Text),
            candidate("$['beloeb']", Form::Number),
        ];
        let guesses = fields(WidgetKind::Payment, "$.items", &candidates);
        let first = |name: &str| {
            let guess = guesses.iter().find(|guess| guess.field.name == name)?;
            guess.from.first().map(|candidate| candidate.path.as_str())
        };
        assert_eq!(first("title"), Some("$.titel"));
        assert_eq!(first("amount"), Some("$['beloeb']"));
        assert_eq!(first("due_on"), Some("$.forfaldsdato"));
        assert_eq!(first("remaining"), None, "the amount is taken");
        assert_eq!(first("link"), None);
    }
}
