//! Bytes as hexadecimal digits.

use std::fmt::{self, Write};

/// Two digits for each byte.
pub(crate) struct Hexadecimal<'a>(pub(crate) &'a [u8]);

impl fmt::Display for Hexadecimal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Digit by digit: several in each overview are made of these, and formatting each byte costs five times as much.
        let digit = |value: u8| char::from_digit(value.into(), 16).ok_or(fmt::Error);
        self.0.iter().try_for_each(|byte| {
            f.write_char(digit(byte >> 4)?)?;
            f.write_char(digit(byte & 15)?)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_two_digits() {
        assert_eq!(Hexadecimal(&[0, 9, 10, 0x7f, 0xff]).to_string(), "00090a7fff");
    }
}
