//! Names of models with gaps.

/// A model's name in which `*` stands for any text, also for none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern(String);

impl Pattern {
    pub(crate) fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The name, where there is no gap in it.
    pub(crate) fn as_plain(&self) -> Option<&str> {
        (!self.0.contains('*')).then_some(&self.0)
    }

    pub(crate) fn fits(&self, name: &str) -> bool {
        let Some((before, gaps)) = self.0.split_once('*') else { return self.0 == name };
        let Some(mut rest) = name.strip_prefix(before) else { return false };
        let mut pieces = gaps.split('*').peekable();
        while let Some(piece) = pieces.next() {
            if pieces.peek().is_none() {
                return rest.ends_with(piece);
            }
            // The earliest place leaves the most for what follows.
            let Some((_, behind)) = rest.split_once(piece) else { return false };
            rest = behind;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, fits, fails) in [
            ("gpt-5", &["gpt-5"][..], &["gpt-5.5", "xgpt-5", ""][..]),
            ("*", &["", "x", "a/b"], &[]),
            ("gpt-*", &["gpt-", "gpt-4o"], &["gp", "xgpt-4"]),
            ("*/qwen*", &["a/qwen", "/qwen3", "a/b/qwen3:8b"], &["qwen", "a/qwe"]),
            ("a*b*c", &["abc", "axbxc", "abbcc"], &["acb", "ab", "abcd"]),
            ("a**c", &["ac", "abc"], &["a"]),
            ("aa*a", &["aaa", "aaxa"], &["aa"]),
        ] {
            let pattern = Pattern::new(pattern);
            for name in fits {
                assert!(pattern.fits(name), "{pattern:?} {name}");
            }
            for name in fails {
                assert!(!pattern.fits(name), "{pattern:?} {name}");
            }
        }
    }
}
