//! Events that only keep a connection alive, in a stream of any API.

use serde::de::IgnoredAny;

/// Whether an event says nothing: its data is blank, a bare word or a JSON scalar, or its name says so. What begins like
/// an object or a list has to be one, and whatever is called an error is one.
pub(crate) fn is_heartbeat(name: Option<&str>, data: &str) -> bool {
    match name {
        Some("error") => return false,
        Some("ping") => return true,
        Some(_) | None => {}
    }
    let data = data.trim();
    match data.as_bytes().first() {
        None => true,
        // What nearly all events are, and the mark of the end.
        Some(b'{' | b'[') => false,
        Some(_) => is_word(data) || serde_json::from_str::<IgnoredAny>(data).is_ok(),
    }
}

fn is_word(data: &str) -> bool {
    data.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_nothing_is_told_from_what_is_broken() {
        for data in ["", " ", "null", "1.5", "\"ping\"", "ping", "keep-alive", "OK"] {
            assert!(is_heartbeat(None, data), "{data}");
        }
        for data in ["[DONE]", "{}", "{\"id\":", "[", "upstream connect error", "<html>", "\"ping"] {
            assert!(!is_heartbeat(None, data), "{data}");
        }
        assert!(is_heartbeat(Some("ping"), "{\"type\":\"ping\"}"));
        assert!(!is_heartbeat(Some("error"), "overloaded"));
    }
}
