//! The version of a data model.

/// What decides whether an answer can be read: a patch changes nothing of that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    major: u32,
    minor: u32,
}

impl Version {
    /// Reads `2.0`, `2.0.1` or `v2.0.1`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_start_matches(['v', 'V']);
        let numbers: Vec<u32> = text.split('.').map(number).collect::<Option<_>>()?;
        match numbers.as_slice() {
            [major, minor] | [major, minor, _] => Some(Self { major: *major, minor: *minor }),
            _ => None,
        }
    }
}

/// Digits alone; Rust would take a sign as well.
fn number(text: &str) -> Option<u32> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_makes_no_other_version() {
        assert_eq!(Version::parse("2.0.1"), Version::parse("2.0"));
        assert_eq!(Version::parse("v2.0.9"), Version::parse("2.0.1"));
        assert_ne!(Version::parse("2.1.0"), Version::parse("2.0.1"));
        assert_ne!(Version::parse("3.0.1"), Version::parse("2.0.1"));
        for wrong in ["", "2", "2.", "2.x", "2.0.1.1", "+2.0", "2.-1", "99999999999.0"] {
            assert_eq!(Version::parse(wrong), None, "{wrong}");
        }
    }
}
