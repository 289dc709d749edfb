//! One line of an event stream.

use std::time::Duration;

/// The fields the standard knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    Data,
    Event,
    Id,
    Retry,
}

/// Splits a line into a field and its value. Comments and unknown fields are `None`.
///
/// It looks at the first bytes alone, so that a long line is not searched a second time for its colon.
pub(crate) fn split(line: &[u8]) -> Option<(Field, &[u8])> {
    let (field, rest) = match line {
        [b'd', b'a', b't', b'a', rest @ ..] => (Field::Data, rest),
        [b'e', b'v', b'e', b'n', b't', rest @ ..] => (Field::Event, rest),
        [b'i', b'd', rest @ ..] => (Field::Id, rest),
        [b'r', b'e', b't', b'r', b'y', rest @ ..] => (Field::Retry, rest),
        _ => return None,
    };
    match rest {
        [] => Some((field, rest)),
        [b':', b' ', value @ ..] | [b':', value @ ..] => Some((field, value)),
        _ => None,
    }
}

/// The value of a `retry` field: ASCII digits and nothing else. A number too large for 64 bits counts as the largest.
pub(crate) fn milliseconds(value: &[u8]) -> Option<Duration> {
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number =
        value.iter().fold(0u64, |number, digit| number.saturating_mul(10).saturating_add(u64::from(digit - b'0')));
    Some(Duration::from_millis(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_its_exact_name_with_one_space_dropped() {
        let cases: [(&str, Option<(Field, &str)>); 12] = [
            ("data: x", Some((Field::Data, "x"))),
            ("data:x", Some((Field::Data, "x"))),
            ("data:  x ", Some((Field::Data, " x "))),
            ("data:", Some((Field::Data, ""))),
            ("data", Some((Field::Data, ""))),
            ("event: a:b", Some((Field::Event, "a:b"))),
            ("id:7", Some((Field::Id, "7"))),
            ("retry: 10", Some((Field::Retry, "10"))),
            ("data : x", None),
            ("datax: x", None),
            ("Data: x", None),
            (": data", None),
        ];
        for (line, expected) in cases {
            assert_eq!(split(line.as_bytes()), expected.map(|(field, value)| (field, value.as_bytes())), "{line:?}");
        }
    }

    #[test]
    fn a_retry_is_digits_only_and_saturates() {
        assert_eq!(milliseconds(b"0250"), Some(Duration::from_millis(250)));
        assert_eq!(milliseconds(b"99999999999999999999"), Some(Duration::from_millis(u64::MAX)));
        for value in ["", "+5", "-5", " 5", "5 ", "1.5", "0x1", "\u{665}"] {
            assert_eq!(milliseconds(value.as_bytes()), None, "{value:?}");
        }
    }
}
