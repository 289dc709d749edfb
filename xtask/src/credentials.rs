//! Finds text shaped like a credential, so that none is ever kept in a fixture.

use std::sync::LazyLock;

use regex::bytes::Regex;

/// What a credential looks like, by kind. Shapes, not known values: a scan that had to know the secret would hold it.
const SHAPES: [(&str, &str); 7] = [
    ("an API key (sk-...)", r"\bsk-[A-Za-z0-9_-]{16,}"),
    ("a JSON web token (eyJ...)", r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),
    ("a bearer token", r"(?i)\bbearer[ \t]+[A-Za-z0-9._~+/-]{16,}"),
    ("a refresh token (rt_...)", r"\brt[_.][A-Za-z0-9_-]{16,}"),
    (
        "a token field of an OAuth reply",
        r#"(?i)\b(?:refresh_token|access_token|id_token|client_secret|api_key)\\?"\s*:\s*\\?"[^"\\]{8,}"#,
    ),
    (
        "a cloud provider's key",
        r"\b(?:AKIA[0-9A-Z]{16}|AIza[A-Za-z0-9_-]{30,}|gh[pousr]_[A-Za-z0-9]{30,}|xox[abpr]-[A-Za-z0-9-]{16,})",
    ),
    ("a private key", r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
];

static COMPILED: LazyLock<Vec<(&'static str, Regex)>> = LazyLock::new(|| {
    SHAPES
        .iter()
        .map(|(kind, pattern)| {
            let pattern = format!("(?-u){pattern}");
            #[expect(clippy::expect_used, reason = "the patterns are constants and a test compiles them")]
            (*kind, Regex::new(&pattern).expect("a valid pattern"))
        })
        .collect()
});

/// The kinds of credential that `bytes` seem to hold, with the byte each begins at. Never the text itself.
pub(crate) fn find(bytes: &[u8]) -> Vec<(&'static str, usize)> {
    COMPILED.iter().flat_map(|(kind, pattern)| pattern.find_iter(bytes).map(|found| (*kind, found.start()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Joined here, so that no file of the project holds the shape itself.
    fn samples() -> Vec<String> {
        let body = "Ab3dEf6hIj9kLm2nOp5q";
        vec![
            ["sk", "-proj-", body].concat(),
            ["ey", "J", body, ".", body, ".", body].concat(),
            ["Authorization: Bea", "rer ", body].concat(),
            ["rt", "_", body].concat(),
            ["{\"refresh", "_token\": \"", body, "\"}"].concat(),
            ["{\\\"access", "_token\\\": \\\"", body, "\\\"}"].concat(),
            ["AK", "IA", "ABCDEFGHIJKLMNOP"].concat(),
            ["-----BEGIN RSA PRI", "VATE KEY-----"].concat(),
        ]
    }

    #[test]
    fn finds_each_shape_inside_other_text() {
        for sample in samples() {
            let text = format!("before {sample} after");
            let found = find(text.as_bytes());
            assert!(!found.is_empty(), "not found: {sample}");
            assert!(found.iter().all(|(_, start)| *start >= 7), "{found:?}");
        }
    }

    #[test]
    fn finds_a_shape_among_bytes_that_are_not_utf8() {
        let mut bytes = vec![0xff, 0xfe, b' '];
        bytes.extend_from_slice(samples()[0].as_bytes());
        assert_eq!(find(&bytes), [("an API key (sk-...)", 3)]);
    }

    #[test]
    fn leaves_alone_what_only_looks_alike() {
        for harmless in [
            "task-management-of-many-things",
            "Incorrect API key provided: sk-inter*********************0000.",
            "gAAAAABpI0XQeyJhbGciOiJ",
            "send a bearer token in the header",
            "\"tool_call_id\":\"call_part_of_something_long\"",
        ] {
            assert_eq!(find(harmless.as_bytes()), [], "{harmless}");
        }
    }
}
