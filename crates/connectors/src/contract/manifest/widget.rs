//! How answers become widgets.

use std::collections::BTreeMap;

use overblik_widgets::LocalizedText;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::contract::{
    texts::{code_text, fixed_text},
    vocabulary::{date_format, money_formats, widget_kinds},
};

/// What a source's codes mean. Codes of digits stand in quotes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::contract) enum CodeList {
    /// Texts of the contract, for fields that show a code in words.
    Texts(#[schemars(schema_with = "code_text")] BTreeMap<String, LocalizedText>),
    /// Values of the widget vocabulary, for fields that have values of their own.
    Values(#[schemars(extend("minProperties" = 1, "maxProperties" = 200))] BTreeMap<String, String>),
}

/// How the items of one answer become widgets of one kind.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in crate::contract) struct WidgetMapping {
    /// The kind of widget; see [widget kinds](#widget-kinds).
    #[schemars(extend("examples" = widget_kinds()))]
    pub(in crate::contract) kind: String,
    /// The request whose answer it is.
    pub(in crate::contract) from: String,
    /// The JSONPath of the list, of which each item becomes a widget: `$.list`, or only some of its items, as
    /// `$.list[?@.open == true]`. What such a filter leaves out is nobody's and is not counted, unless it lacks what is
    /// compared, or has null or another type there; see `where` for items that are counted, and for those that are told
    /// by what they have. A filter only compares.
    /// Of lists in the items of another list, all items: `$.children[*].recalls`. Every list on the way must be there,
    /// for an answer without it may be one whose keys were renamed, and not one with nothing; hence no `..` and no
    /// slices.
    pub(in crate::contract) each: Option<String>,
    /// The JSONPath of an object that becomes the only widget; instead of `each`.
    pub(in crate::contract) one: Option<String>,
    /// Whether the source leaves out the list (of lists in lists, any of them) or the object when there is nothing in it.
    /// Its absence says nothing then: if everything that is mapped of an answer is absent, only `emptyWhen` makes that
    /// "nothing". A list that was renamed looks as if it were left out; a `schema` that allows no other keys
    /// (`additionalProperties: false`) tells them apart.
    #[serde(default)]
    pub(in crate::contract) optional: bool,
    /// Which items are of this kind. The others belong to other entries over the same list, and those that no entry
    /// shows or ignores are counted as left out, so that nothing goes missing unseen.
    #[serde(rename = "where")]
    pub(in crate::contract) only: Option<Conditions>,
    /// In which order the widgets are shown; without it, in the source's.
    pub(in crate::contract) sort_by: Option<SortBy>,
    /// Most widgets, 1 to 500; goes with `each`.
    #[schemars(range(min = 1, max = 500))]
    pub(in crate::contract) limit: Option<usize>,
    /// The JSONPath, in the item, of what the source knows it by: a text or a number, at most 200 characters. More can then
    /// be asked about it, as `spec.detail` says. Browsers are only shown it sealed. An item without one, or whose one could
    /// name a person where it may not, is shown without a way to more.
    pub(in crate::contract) item: Option<String>,
    /// Where each field of the kind comes from. In their paths, `$` is the item.
    #[schemars(extend("maxProperties" = 40))]
    pub(in crate::contract) fields: BTreeMap<String, Field>,
}

/// Which items of a list are of one kind.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(in crate::contract) enum Conditions {
    /// One condition.
    One(Where),
    /// Several, all of which must hold.
    All(#[schemars(length(min = 1, max = 8))] Vec<Where>),
}

impl Conditions {
    /// The conditions, whether there is one or several.
    pub(in crate::contract) fn all(&self) -> &[Where] {
        match self {
            Self::One(only) => std::slice::from_ref(only),
            Self::All(all) => all,
        }
    }
}

/// A condition: by a code in the item (`in`), or by whether the item has something at all (`exists`).
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in crate::contract) struct Where {
    /// The JSONPath, in the item, of what tells; if it is a code, that is a text, a number or a flag.
    pub(in crate::contract) path: String,
    /// The codes of this kind, in quotes.
    #[serde(rename = "in")]
    #[schemars(length(min = 1, max = 100))]
    pub(in crate::contract) listed: Option<Vec<String>>,
    /// Whether something must stand there, or nothing. A null, a blank text, an empty list and an empty object are
    /// nothing.
    pub(in crate::contract) exists: Option<bool>,
    /// Codes of what is not meant for citizens; goes with `in`.
    #[schemars(length(min = 1, max = 100))]
    pub(in crate::contract) ignore: Option<Vec<String>>,
}

/// An order of widgets.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in crate::contract) struct SortBy {
    /// A mapped field that is a date, an amount or a number.
    pub(in crate::contract) field: String,
    /// The direction.
    pub(in crate::contract) order: Order,
}

/// A direction.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::contract) enum Order {
    /// The earliest or smallest first.
    Ascending,
    /// The latest or largest first.
    Descending,
}

/// Where a field's value comes from.
// All keys are optional here: which of them belong together is told by the checker, with the position of each.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(in crate::contract) struct Field {
    /// Several places; the first that has a value gives it.
    #[schemars(length(min = 2, max = 8))]
    pub(in crate::contract) first_of: Option<Vec<Field>>,
    /// Several texts as one, in their order.
    #[schemars(length(min = 2, max = 10))]
    pub(in crate::contract) concat: Option<Vec<Field>>,
    /// What stands between the texts of `concat` that are there; a space if nothing is said.
    pub(in crate::contract) separator: Option<String>,
    /// A text of the contract itself, the same for every item.
    pub(in crate::contract) fixed: Option<Fixed>,
    /// How many items a list has: the JSONPath of its items, as `$.list[*]` or `$.list[?@.x == 'y']`. If an item lacks what
    /// is compared, the number cannot be told.
    pub(in crate::contract) count: Option<String>,
    /// What the values in a list add up to: their JSONPath, as `$.list[*].amount`.
    pub(in crate::contract) sum: Option<String>,
    /// The lookup whose entry holds the value.
    pub(in crate::contract) join: Option<String>,
    /// The JSONPath, in the item, of the key that the lookup's entry has.
    pub(in crate::contract) key: Option<String>,
    /// The JSONPath of the value in what the item's list is in, instead of `path`: there, `$` is the item of the list
    /// around it or, if there is none, the whole answer.
    pub(in crate::contract) outer: Option<String>,
    /// The JSONPath of the value.
    pub(in crate::contract) path: Option<String>,
    /// What the value is read as.
    #[serde(rename = "as")]
    pub(in crate::contract) reading: Option<Reading>,
    /// Ways in which the date or time may be written; the first that fits counts.
    #[schemars(length(min = 1, max = 8), extend("items" = date_format()))]
    pub(in crate::contract) formats: Option<Vec<String>>,
    /// How the amount is written: `decimal` (`1234.5`), `danish` (`1.234,50`) or `oere` (`123450`).
    #[schemars(extend("examples" = money_formats()))]
    pub(in crate::contract) format: Option<String>,
    /// The code list that says what the codes mean.
    pub(in crate::contract) list: Option<String>,
    /// The codes that mean yes, of a flag that the source writes as codes.
    #[serde(rename = "true")]
    #[schemars(length(min = 1, max = 100))]
    pub(in crate::contract) yes: Option<Vec<String>>,
    /// The codes that mean no.
    #[serde(rename = "false")]
    #[schemars(length(min = 1, max = 100))]
    pub(in crate::contract) no: Option<Vec<String>>,
}

/// A text of the contract.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(in crate::contract) enum Fixed {
    /// In Danish, for a field that is a text.
    One(String),
    /// In both languages, for a field that is a code: it has words of the contract as well.
    Both(#[schemars(schema_with = "fixed_text")] LocalizedText),
}

/// What a value is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::contract) enum Reading {
    /// Text, at most 500 characters.
    Text,
    /// Text of which only the last four characters are shown: account and licence numbers.
    MaskedText,
    /// A calendar date, in one of `formats`.
    Date,
    /// A date with a time of day, in one of `formats`. Without an offset it is Danish local time.
    Datetime,
    /// An amount in kroner or øre, by `format`.
    Money,
    /// A whole number.
    Integer,
    /// Yes or no, by the codes under `true` and `false` if the source has no flags.
    Flag,
    /// A code of a `list`.
    Code,
    /// A link to one of the source's `linkHosts`.
    Url,
}
