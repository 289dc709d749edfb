//! How far arguments that arrive in pieces have come.

/// Whether the JSON object of arguments is at its end. They are not parsed: only brackets and strings are followed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Extent {
    has_begun: bool,
    has_closed: bool,
    depth: usize,
    in_string: bool,
    is_escaped: bool,
}

impl Extent {
    /// Takes a piece.
    pub(crate) fn push(&mut self, piece: &str) {
        for byte in piece.bytes() {
            self.has_begun |= !byte.is_ascii_whitespace();
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' if self.in_string => self.is_escaped = true,
                b'"' => self.in_string = !self.in_string,
                b'{' | b'[' if !self.in_string => self.depth += 1,
                b'}' | b']' if !self.in_string => {
                    self.has_closed = self.depth == 1;
                    self.depth = self.depth.saturating_sub(1);
                }
                _ => {}
            }
        }
    }

    /// Whether nothing has come but white space.
    pub(crate) fn is_blank(&self) -> bool {
        !self.has_begun
    }

    /// Whether an object, or a list, has come to its end. Of anything else nobody knows where that is.
    pub(crate) fn is_whole(&self) -> bool {
        self.has_closed && self.depth == 0 && !self.in_string
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_whole_at_its_last_bracket_only() {
        let arguments = r#" {"a":["}",{"b\"":"\\"}]} "#;
        let end = arguments.rfind('}').unwrap();
        let mut extent = Extent::default();
        for (at, c) in arguments.char_indices() {
            assert_eq!(extent.is_whole(), at > end, "before {at}");
            extent.push(c.encode_utf8(&mut [0; 4]));
        }
        assert!(Extent::default().is_blank() && !Extent::default().is_whole());
        for other in ["city", "1", "\"}", "}"] {
            let mut extent = Extent::default();
            extent.push(other);
            assert!(!extent.is_whole() && !extent.is_blank(), "{other}");
        }
    }
}
