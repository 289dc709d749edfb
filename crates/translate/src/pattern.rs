//! Names of models with gaps.

/// Whether a name is one of a pattern, in which `*` stands for any text, also for none.
///
/// ```
/// use interlingua_translate::fits_pattern;
///
/// assert!(fits_pattern("*/qwen*", "a/qwen3") && !fits_pattern("gpt-5", "gpt-5.5"));
/// ```
#[must_use]
pub fn fits_pattern(pattern: &str, name: &str) -> bool {
    let Some((before, gaps)) = pattern.split_once('*') else { return pattern == name };
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

/// The same where capital letters make no difference.
pub(crate) fn fits(pattern: &str, name: &str) -> bool {
    fits_pattern(&pattern.to_ascii_lowercase(), &name.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, right, wrong) in [
            ("gpt-5", &["gpt-5"][..], &["gpt-5.5", "xgpt-5", ""][..]),
            ("*", &["", "x", "a/b"], &[]),
            ("gpt-*", &["gpt-", "gpt-4o"], &["gp", "xgpt-4"]),
            ("*/qwen*", &["a/qwen", "/qwen3", "a/b/qwen3:8b"], &["qwen", "a/qwe"]),
            ("a*b*c", &["abc", "axbxc", "abbcc"], &["acb", "ab", "abcd"]),
            ("a**c", &["ac", "abc"], &["a"]),
            ("aa*a", &["aaa", "aaxa"], &["aa"]),
        ] {
            for name in right {
                assert!(fits_pattern(pattern, name), "{pattern} {name}");
            }
            for name in wrong {
                assert!(!fits_pattern(pattern, name), "{pattern} {name}");
            }
        }
    }

    #[test]
    fn capitals_stand_for_small_letters_in_names_of_settings() {
        assert!(fits("*kimi-k3*", "moonshotai/Kimi-K3-Instruct") && fits("Kimi-K3", "kimi-k3"));
        assert!(!fits_pattern("kimi-k3", "Kimi-K3"));
    }
}
