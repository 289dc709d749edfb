//! Request ids lead back to an account. They are replaced where they stand, by as many bytes, and by nothing that parses JSON.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::exchange::Reply;

/// What is replaced, in the words of `[[redacted]]`.
const WHAT: &str = "request id";
const FILLER: u8 = b'0';

/// Replaces every request id of the reply, and says what was replaced if anything was.
pub(super) fn redact(reply: &mut Reply) -> Option<&'static str> {
    #[expect(clippy::expect_used, reason = "the pattern is a constant and a test uses it")]
    static REQUEST_ID: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?-u)\breq_([A-Za-z0-9-]{8,})").expect("a valid pattern"));

    let mut ranges: Vec<_> =
        REQUEST_ID.captures_iter(&reply.bytes).filter_map(|found| found.get(1)).map(|digits| digits.range()).collect();
    // Some upstreams put the id of the header into the text of an error, without a prefix to know it by.
    if let Some(id) = reply.request_id.as_deref().filter(|id| id.len() >= 8)
        && let Ok(same) = Regex::new(&format!("(?-u){}", regex::escape(id)))
    {
        ranges.extend(same.find_iter(&reply.bytes).map(|found| found.range()));
    }
    for range in &ranges {
        if let Some(digits) = reply.bytes.get_mut(range.clone()) {
            digits.fill(FILLER);
        }
    }
    (!ranges.is_empty()).then_some(WHAT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(text: &str, request_id: Option<&str>) -> (Option<&'static str>, String) {
        let mut reply = Reply {
            status: 500,
            content_type: String::new(),
            headers: Vec::new(),
            request_id: request_id.map(str::to_owned),
            bytes: text.as_bytes().to_vec(),
        };
        let what = redact(&mut reply);
        assert_eq!(reply.bytes.len(), text.len());
        (what, String::from_utf8(reply.bytes).unwrap())
    }

    #[test]
    fn ids_are_replaced_by_as_many_bytes() {
        let (what, text) = redacted("include the request ID req_0a1b2c3d4e in your message", None);
        assert_eq!(
            (what, text.as_str()),
            (Some("request id"), "include the request ID req_0000000000 in your message")
        );
    }

    #[test]
    fn the_id_of_the_header_is_replaced_wherever_it_stands() {
        let (what, text) = redacted("{\"a\":\"5f3c-77aa-1\",\"b\":\"5f3c-77aa-1\"}", Some("5f3c-77aa-1"));
        assert_eq!((what, text.as_str()), (Some("request id"), "{\"a\":\"00000000000\",\"b\":\"00000000000\"}"));
    }

    #[test]
    fn other_ids_stay() {
        assert_eq!(redacted("resp_0123456789abcdef call_0123456789", Some("another-id")).0, None);
    }
}
