//! Which headers can be shown, and which hold what must not be.

use http::{HeaderMap, HeaderName};

/// Whether a header says whose request it is.
fn is_secret(name: &HeaderName) -> bool {
    const WORDS: [&str; 6] = ["authorization", "cookie", "key", "token", "secret", "account"];
    // How many tokens are left is nobody's secret.
    !name.as_str().contains("ratelimit") && WORDS.iter().any(|word| name.as_str().contains(word))
}

/// The headers whose values can be shown.
pub(super) fn shown(headers: &HeaderMap) -> Vec<(String, String)> {
    let pairs = headers.iter().filter(|(name, _)| !is_secret(name));
    pairs.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())).collect()
}

/// What must be repeated nowhere: the values of the other headers, without the name of their scheme.
pub(super) fn credentials(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let values = headers.iter().filter(|(name, _)| is_secret(name)).filter_map(|(_, value)| value.to_str().ok());
    values.flat_map(str::split_ascii_whitespace)
}
