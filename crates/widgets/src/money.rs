//! Amounts of money in whole minor units (øre). Never a floating-point number.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An amount in a currency whose minor unit is a hundredth, as the Danish krone's øre is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Money {
    /// The amount in øre; negative when the citizen is owed money.
    pub minor: i64,
    /// ISO 4217 code. `DKK` is the only one so far.
    pub currency: Currency,
}

/// Currencies that authorities pay and claim in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Currency {
    /// Danish krone.
    #[default]
    #[serde(rename = "DKK")]
    Dkk,
}

/// Why a text is not an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MoneyError {
    /// The text does not follow the expected number format.
    NotAnAmount,
    /// More than two decimals: øre cannot be split.
    TooManyDecimals,
    /// Larger than an amount can be.
    TooLarge,
}

impl fmt::Display for MoneyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAnAmount => "not an amount in the declared number format",
            Self::TooManyDecimals => "more than two decimals",
            Self::TooLarge => "too large for an amount",
        })
    }
}

impl std::error::Error for MoneyError {}

impl Money {
    /// An amount in øre.
    #[must_use]
    pub fn from_oere(minor: i64) -> Self {
        Self { minor, currency: Currency::Dkk }
    }

    /// Reads a decimal number with a point, `-1234.5`, as JSON numbers are written.
    ///
    /// # Errors
    /// [`MoneyError`] when the text is anything else, has more than two significant decimals, or is too large.
    pub fn from_decimal(text: &str) -> Result<Self, MoneyError> {
        Self::parse(text, '.')
    }

    /// Reads a Danish amount with points between thousands and a comma before the øre, `1.234,50`.
    ///
    /// # Errors
    /// As [`Money::from_decimal`]; also when a group of thousands is not three digits.
    pub fn from_danish(text: &str) -> Result<Self, MoneyError> {
        let (whole, _) = text.split_once(',').unwrap_or((text, ""));
        let mut groups = whole.trim_start_matches('-').split('.');
        let first = groups.next().unwrap_or_default();
        let has_groups = whole.contains('.');
        if has_groups && (first.is_empty() || first.len() > 3 || groups.any(|group| group.len() != 3)) {
            return Err(MoneyError::NotAnAmount);
        }
        Self::parse(&text.replace('.', ""), ',')
    }

    fn parse(text: &str, separator: char) -> Result<Self, MoneyError> {
        let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (whole, decimals) = digits.split_once(separator).unwrap_or((digits, "0"));
        let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !all_digits(whole) || !all_digits(decimals) {
            return Err(MoneyError::NotAnAmount);
        }
        let significant = decimals.trim_end_matches('0');
        if significant.len() > 2 {
            return Err(MoneyError::TooManyDecimals);
        }
        let fraction: i64 = format!("{significant:0<2}").parse().map_err(|_| MoneyError::TooLarge)?;
        let kroner: i64 = whole.parse().map_err(|_| MoneyError::TooLarge)?;
        let minor = kroner.checked_mul(100).and_then(|oere| oere.checked_add(fraction)).ok_or(MoneyError::TooLarge)?;
        Ok(Self::from_oere(if negative { -minor } else { minor }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimal_numbers_become_oere() {
        assert_eq!(Money::from_decimal("1234.5"), Ok(Money::from_oere(123_450)));
        assert_eq!(Money::from_decimal("0.05"), Ok(Money::from_oere(5)));
        assert_eq!(Money::from_decimal("-20"), Ok(Money::from_oere(-2000)));
        assert_eq!(Money::from_decimal("12.3400"), Ok(Money::from_oere(1234)));
    }

    #[test]
    fn danish_amounts_become_oere() {
        assert_eq!(Money::from_danish("1.234,50"), Ok(Money::from_oere(123_450)));
        assert_eq!(Money::from_danish("12.345.678"), Ok(Money::from_oere(1_234_567_800)));
        assert_eq!(Money::from_danish("999,9"), Ok(Money::from_oere(99_990)));
        assert_eq!(Money::from_danish("-7"), Ok(Money::from_oere(-700)));
    }

    #[test]
    fn an_amount_in_the_other_format_is_refused_not_misread() {
        assert_eq!(Money::from_danish("1234.50"), Err(MoneyError::NotAnAmount));
        assert_eq!(Money::from_danish("1.23"), Err(MoneyError::NotAnAmount));
        assert_eq!(Money::from_decimal("1.234,50"), Err(MoneyError::NotAnAmount));
        assert_eq!(Money::from_decimal("1e3"), Err(MoneyError::NotAnAmount));
        assert_eq!(Money::from_decimal(""), Err(MoneyError::NotAnAmount));
        assert_eq!(Money::from_decimal("1.234"), Err(MoneyError::TooManyDecimals));
        assert_eq!(Money::from_decimal("99999999999999999999"), Err(MoneyError::TooLarge));
    }
}
