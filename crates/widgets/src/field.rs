//! The fields of widgets: what types they have, and how a widget takes them.
//!
//! A contract's mapping produces [`FieldValues`]; a widget kind takes the ones it knows. [`FieldSpec`] tables let the
//! contract checker say, before anything runs, which fields a kind has and which it needs.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{link::Link, moment::Moment, money::Money, text::LocalizedText};

/// A code of the source together with the words a citizen reads for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Coded {
    /// The source's own code.
    pub code: String,
    /// What the citizen reads.
    pub text: LocalizedText,
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// Text in the source's own language (Danish).
    Text,
    /// A calendar date.
    Date,
    /// A point in time.
    Moment,
    /// An amount of money.
    Money,
    /// A whole number.
    Integer,
    /// Yes or no.
    Flag,
    /// A link to the authority.
    Link,
    /// A code with texts from the contract.
    Code,
    /// One of this vocabulary's own values; the list names them all.
    Choice(&'static [&'static str]),
}

/// A value for a field, produced by a mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldValue {
    /// See [`FieldType::Text`].
    Text(String),
    /// See [`FieldType::Date`].
    Date(Date),
    /// See [`FieldType::Moment`].
    Moment(Moment),
    /// See [`FieldType::Money`].
    Money(Money),
    /// See [`FieldType::Integer`].
    Integer(i64),
    /// See [`FieldType::Flag`].
    Flag(bool),
    /// See [`FieldType::Link`].
    Link(Link),
    /// See [`FieldType::Code`].
    Code(Coded),
    /// See [`FieldType::Choice`]: the name of the value, or a code the contract does not know.
    Choice(String),
}

/// Values by field name, each field once at most. There are so few that looking through them is quicker than a map.
pub type FieldValues = Vec<(&'static str, FieldValue)>;

/// One field of a widget kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldSpec {
    /// The field's name in contracts and on the wire.
    pub name: &'static str,
    /// What it holds.
    pub field_type: FieldType,
    /// Whether an item without it is not shown (and counted as left out).
    pub required: bool,
}

/// Why a set of values is not a widget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WrongFields {
    /// A required field has no value.
    Missing(&'static str),
    /// A value has another type than its field.
    WrongType(&'static str),
}

/// A Rust type that can be a widget's field.
pub trait WidgetField: Sized {
    /// The field's type.
    const FIELD_TYPE: FieldType;
    /// Whether the widget cannot be without it.
    const REQUIRED: bool = true;

    /// Makes the field from a value of its type; `None` for a value of another type.
    fn from_value(value: FieldValue) -> Option<Self>;

    /// What the field is when there is no value; `None` if it is required.
    #[must_use]
    fn absent() -> Option<Self> {
        None
    }
}

impl<T: WidgetField> WidgetField for Option<T> {
    const FIELD_TYPE: FieldType = T::FIELD_TYPE;
    const REQUIRED: bool = false;

    fn from_value(value: FieldValue) -> Option<Self> {
        T::from_value(value).map(Some)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

macro_rules! plain_field {
    ($($type:ty => $variant:ident),* $(,)?) => {$(
        impl WidgetField for $type {
            const FIELD_TYPE: FieldType = FieldType::$variant;

            fn from_value(value: FieldValue) -> Option<Self> {
                match value {
                    FieldValue::$variant(inner) => Some(inner),
                    _ => None,
                }
            }
        }
    )*};
}

plain_field! {
    String => Text,
    Date => Date,
    Moment => Moment,
    Money => Money,
    i64 => Integer,
    bool => Flag,
    Link => Link,
    Coded => Code,
}

/// Takes one field out of the values.
pub(crate) fn take<T: WidgetField>(values: &mut FieldValues, name: &'static str) -> Result<T, WrongFields> {
    match values.iter().position(|(field, _)| *field == name) {
        Some(place) => T::from_value(values.swap_remove(place).1).ok_or(WrongFields::WrongType(name)),
        None => T::absent().ok_or(WrongFields::Missing(name)),
    }
}
