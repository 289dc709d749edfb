//! Whole numbers as real backends write them.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A whole number that may have been written as `1`, `1.0` or even `1.5` (which is read as 1, the floor); always written as an integer.
///
/// The API reference types some counts and times as "number", and servers written in dynamic languages send `1.0`.
///
/// ```
/// use interlingua_wire::Integer;
///
/// assert_eq!(serde_json::from_str::<Integer>("1700000000.7")?, Integer(1_700_000_000));
/// assert!(serde_json::from_str::<Integer>("\"1\"").is_err());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Integer(pub i64);

impl Integer {
    /// The number as a count; a negative one counts as 0.
    #[must_use]
    pub fn as_u64(self) -> u64 {
        u64::try_from(self.0).unwrap_or(0)
    }
}

impl From<i64> for Integer {
    fn from(number: i64) -> Self {
        Self(number)
    }
}

impl From<u32> for Integer {
    fn from(number: u32) -> Self {
        Self(i64::from(number))
    }
}

impl From<Integer> for i64 {
    fn from(number: Integer) -> Self {
        number.0
    }
}

impl<'de> Deserialize<'de> for Integer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_i64(IntegerVisitor)
    }
}

impl Serialize for Integer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.0)
    }
}

struct IntegerVisitor;

/// 2^63, the first float that no longer fits.
const TOO_BIG: f64 = 9_223_372_036_854_775_808.0;

impl de::Visitor<'_> for IntegerVisitor {
    type Value = Integer;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number between -2^63 and 2^63-1")
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Integer, E> {
        Ok(Integer(number))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Integer, E> {
        i64::try_from(number).map(Integer).map_err(|_| E::invalid_value(de::Unexpected::Unsigned(number), &self))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Integer, E> {
        let floor = number.floor();
        if (-TOO_BIG..TOO_BIG).contains(&floor) {
            #[expect(clippy::cast_possible_truncation, reason = "whole and in range, checked above")]
            Ok(Integer(floor as i64))
        } else {
            Err(E::invalid_value(de::Unexpected::Float(number), &self))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<i64, serde_json::Error> {
        serde_json::from_str::<Integer>(json).map(i64::from)
    }

    #[test]
    fn accepts_whole_and_real_forms() {
        for (json, expected) in [("1", 1), ("-3", -3), ("1.0", 1), ("1.5", 1), ("-1.5", -2), ("1e3", 1000)] {
            assert_eq!(read(json).unwrap(), expected, "{json}");
        }
    }

    #[test]
    fn refuses_what_is_no_number_or_does_not_fit() {
        for json in ["\"1\"", "true", "null", "[]", "9223372036854775808", "1e300"] {
            assert!(read(json).is_err(), "{json}");
        }
    }

    #[test]
    fn is_written_as_an_integer() {
        let number: Integer = serde_json::from_str("12.0").unwrap();
        assert_eq!(serde_json::to_string(&number).unwrap(), "12");
    }

    #[test]
    fn a_negative_count_is_zero() {
        assert_eq!(Integer(-1).as_u64(), 0);
        assert_eq!(Integer(7).as_u64(), 7);
    }
}
