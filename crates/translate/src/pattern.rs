//! Names of models with gaps.

/// Whether a name is one of a pattern, in which `*` stands for any text, also for none. Capital letters make no difference.
pub(crate) fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.to_ascii_lowercase(), name.to_ascii_lowercase());
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

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn a_star_stands_for_any_text_and_capitals_for_small_letters() {
        for (pattern, right, wrong) in [
            ("kimi-k3", &["kimi-k3", "Kimi-K3"][..], &["kimi-k3-pro", "kimi-k", ""][..]),
            ("*kimi-k3*", &["kimi-k3", "moonshotai/Kimi-K3-Instruct"], &["kimi-k2.5"]),
            ("glm-5.3*", &["glm-5.3", "glm-5.3-air"], &["z-ai/glm-5.3"]),
            ("a*b*c", &["abc", "axbxc", "abbcc"], &["acb", "ab", "abcd"]),
            ("aa*a", &["aaa", "aaxa"], &["aa"]),
        ] {
            for name in right {
                assert!(fits(pattern, name), "{pattern} {name}");
            }
            for name in wrong {
                assert!(!fits(pattern, name), "{pattern} {name}");
            }
        }
    }
}
