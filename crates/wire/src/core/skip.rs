//! How long a JSON value is that nobody looks into.
//!
//! serde_json tells it as well, with memory of its own for every value that has others in it.

use super::scan::plain;

/// The length of the value that a text begins with. `None` for what is no JSON, and for what lies deeper than the marks of
/// one number tell: serde_json says which, and why.
pub(super) fn value_length(text: &str) -> Option<usize> {
    let mut text = Skipper { bytes: text.as_bytes(), at: 0 };
    // A bit for each bracket that is open, set for an object's, behind one that is always set.
    let mut open: u64 = 1;
    loop {
        let opened = match text.peek()? {
            b'"' => text.string()?,
            b'{' => text.opens(b'}'),
            b'[' => text.opens(b']'),
            b't' => text.word(b"true")?,
            b'f' => text.word(b"false")?,
            b'n' => text.word(b"null")?,
            _ => text.number()?,
        };
        if let Some(is_object) = opened {
            if open.leading_zeros() == 0 {
                return None;
            }
            open = open << 1 | u64::from(is_object);
            if is_object {
                text.key()?;
            }
            continue;
        }
        loop {
            if open == 1 {
                return Some(text.at);
            }
            let is_object = open & 1 == 1;
            let next = text.peek()?;
            text.at += 1;
            match next {
                b',' if is_object => break text.key()?,
                b',' => break,
                b'}' if is_object => open >>= 1,
                b']' if !is_object => open >>= 1,
                _ => return None,
            }
        }
    }
}

struct Skipper<'a> {
    bytes: &'a [u8],
    at: usize,
}

/// Whether a value goes on behind what was read of it: inside an object, or inside a list.
type Opened = Option<bool>;

impl<'a> Skipper<'a> {
    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// The next byte that is no white space.
    #[inline]
    fn peek(&mut self) -> Option<u8> {
        loop {
            let byte = *self.bytes.get(self.at)?;
            if !matches!(byte, b' ' | b'\n' | b'\t' | b'\r') {
                return Some(byte);
            }
            self.at += 1;
        }
    }

    /// A bracket that opens, and the one that closes it where nothing is between them.
    fn opens(&mut self, close: u8) -> Opened {
        self.at += 1;
        if self.peek() == Some(close) {
            self.at += 1;
            return None;
        }
        Some(close == b'}')
    }

    fn key(&mut self) -> Option<()> {
        if self.peek()? != b'"' {
            return None;
        }
        self.string()?;
        let is_named = self.peek()? == b':';
        self.at += 1;
        is_named.then_some(())
    }

    #[inline]
    fn string(&mut self) -> Option<Opened> {
        self.at += 1;
        loop {
            self.at += plain(self.rest());
            self.at += match self.rest() {
                [b'"', ..] => {
                    self.at += 1;
                    return Some(None);
                }
                [b'\\', b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => 2,
                [b'\\', b'u', digits @ ..] if digits.first_chunk::<4>()?.iter().all(u8::is_ascii_hexdigit) => 6,
                _ => return None,
            };
        }
    }

    fn word(&mut self, word: &[u8]) -> Option<Opened> {
        self.at += word.len();
        self.bytes.get(..self.at)?.ends_with(word).then_some(None)
    }

    fn number(&mut self) -> Option<Opened> {
        self.takes(b"-");
        let is_zero = self.takes(b"0");
        if is_zero == (self.digits() > 0) {
            return None;
        }
        if self.takes(b".") && self.digits() == 0 {
            return None;
        }
        if self.takes(b"eE") {
            self.takes(b"+-");
            if self.digits() == 0 {
                return None;
            }
        }
        Some(None)
    }

    /// Goes behind the next byte if it is one of these.
    fn takes(&mut self, wanted: &[u8]) -> bool {
        let is_there = self.rest().first().is_some_and(|byte| wanted.contains(byte));
        self.at += usize::from(is_there);
        is_there
    }

    fn digits(&mut self) -> usize {
        let rest = self.rest();
        let count = rest.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len());
        self.at += count;
        count
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::value::RawValue;

    use super::*;

    fn by_serde_json(text: &str) -> Option<usize> {
        let raw = <&RawValue>::deserialize(&mut serde_json::Deserializer::from_str(text)).ok()?;
        Some(raw.get().len())
    }

    #[test]
    fn a_value_is_as_long_as_serde_json_finds_it() {
        let values = [
            "null",
            "true",
            "false",
            "0",
            "-0",
            "12",
            "1.5",
            "-1.50e+10",
            "1E5",
            "1e-5",
            "{}",
            "[]",
            "\"\"",
            "\"a\"",
            "{ }",
            "[ ]",
            r#"{"a":1}"#,
            r#"{"a" : [1 , {"b":"c"} ] , "d" : null}"#,
            r#"[[],{},[{}],"x"]"#,
            r#""\"\\\/\b\f\n\r\t\u00e9\ud83d""#,
            r#"{"\u0061":"üé"}"#,
            "[1,2\n,\t3]",
            "1e999",
            "123456789012345678901234567890",
        ];
        for value in values {
            for text in [value.to_owned(), format!("{value},"), format!("{value} }}"), format!("[{value},{value}]")] {
                assert_eq!(value_length(&text), by_serde_json(&text), "{text}");
                assert!(value_length(&text).is_some(), "{text}");
            }
            // Cut, and with a byte too many or another one, anywhere.
            let whole = format!("[{value},{{\"k\":{value}}}]");
            for at in (0..whole.len()).filter(|at| whole.is_char_boundary(*at)) {
                let (before, after) = whole.split_at(at);
                let mut texts = vec![before.to_owned()];
                for odd in ["\"", "\\", "[", "]", "{", "}", ",", ":", "0", "-", ".", "e", "u", " ", "\n", "n", "x"] {
                    texts.push(format!("{before}{odd}{after}"));
                    texts.push(format!("{before}{odd}{}", after.get(1..).unwrap_or_default()));
                }
                for text in &texts {
                    let text = text.trim_ascii_start();
                    assert_eq!(value_length(text), by_serde_json(text), "{text}");
                }
            }
        }
    }

    #[test]
    fn what_lies_very_deep_is_left_to_serde_json() {
        let nested = |depth: usize| format!("{}1{}", "[{\"a\":".repeat(depth), "}]".repeat(depth));
        assert_eq!(value_length(&nested(31)), Some(nested(31).len()));
        assert_eq!(value_length(&nested(32)), None);
    }
}
