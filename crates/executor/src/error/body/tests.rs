//! Every shape that was seen.

use http::HeaderMap;
use http::header::{CONTENT_TYPE, HeaderValue};

use super::*;

fn read_as(status: u16, content_type: &'static str, body: &str) -> Failure {
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(content_type))]);
    read(&ReplyHead::new(StatusCode::from_u16(status).unwrap(), &headers), body.as_bytes(), true)
}

/// Message, type, code and param of an error.
fn parts(failure: &Failure) -> (&str, Option<&str>, Option<&str>, Option<&str>) {
    let Failure { code, message, kind, param, raw: _ } = failure;
    (message, kind.as_deref(), code.as_deref(), param.as_deref())
}

#[test]
fn every_json_shape_becomes_message_type_code_and_param() {
    const INVALID: Option<&str> = Some("invalid_request_error");
    for (status, body, expected) in [
        (
            400,
            r#"{"error":{"message":"m","type":"invalid_request_error","param":"input[0]","code":"invalid_value"}}"#,
            ("m", INVALID, Some("invalid_value"), Some("input[0]")),
        ),
        (
            400,
            r#"{"error":{"code":400,"message":"m","type":"exceed_context_size_error"}}"#,
            ("m", Some("exceed_context_size_error"), Some("context_length_exceeded"), None),
        ),
        (
            400,
            r#"{"object":"error","message":"This model's maximum context length is 9 tokens.","type":"BadRequestError","code":400}"#,
            (
                "This model's maximum context length is 9 tokens.",
                Some("BadRequestError"),
                Some("context_length_exceeded"),
                None,
            ),
        ),
        (
            429,
            r#"{"error":{"code":429,"message":"m","metadata":{"raw":"busy"}},"user_id":"u"}"#,
            ("m: busy", Some("rate_limit_error"), None, None),
        ),
        (400, r#"{"code":"invalid-argument","error":"m"}"#, ("m", INVALID, Some("invalid-argument"), None)),
        (404, r#"{"error":"m"}"#, ("m", INVALID, None, None)),
        (
            401,
            r#"{"error":"invalid_grant","error_description":"m"}"#,
            ("m", Some("authentication_error"), Some("invalid_grant"), None),
        ),
        (401, r#"{"detail":"m"}"#, ("m", Some("authentication_error"), None, None)),
        (
            422,
            r#"{"detail":[{"type":"missing","loc":["body","messages",0,"role"],"msg":"m"}]}"#,
            ("m", INVALID, None, Some("messages[0].role")),
        ),
        (
            400,
            r#"{"detail":{"code":"unsupported_model","message":"m"}}"#,
            ("m", INVALID, Some("unsupported_model"), None),
        ),
        (
            400,
            r#"{"object":"error","message":"m","type":"invalid_request_invalid_args","param":null,"code":"3051","raw_status_code":400}"#,
            ("m", Some("invalid_request_invalid_args"), Some("3051"), None),
        ),
        (
            503,
            r#"[{"error":{"code":503,"message":"m","status":"UNAVAILABLE"}}]"#,
            ("m", Some("server_error"), None, None),
        ),
        (
            429,
            r#"{"error":{"type":"insufficient_quota","code":"insufficient_quota","message":"m"}}"#,
            ("m", Some("insufficient_quota"), Some("insufficient_quota"), None),
        ),
        (
            429,
            r#"{"error":{"type":"usage_limit_reached","message":"m","plan_type":"plus","resets_in_seconds":9}}"#,
            ("m", Some("usage_limit_reached"), Some("usage_limit_reached"), None),
        ),
        (
            403,
            r#"{"error":{"message":"","type":"","param":null,"code":"country"}}"#,
            ("country", Some("permission_error"), Some("country"), None),
        ),
        (500, r#"{"message":"m"}"#, ("m", Some("server_error"), None, None)),
        (500, r#"{"message":{"message":"m","code":"c"}}"#, ("m", Some("server_error"), Some("c"), None)),
        (400, r#"{"errors":[{"message":"m","code":"c"},"n"]}"#, ("m; n", INVALID, Some("c"), None)),
        (400, r#"{"error":["m"]}"#, ("m", INVALID, None, None)),
        (
            502,
            r#"{"choices":[{"error":{"code":502,"message":"m"},"finish_reason":"error"}]}"#,
            ("m", Some("server_error"), None, None),
        ),
        (
            403,
            r#"{"type":"about:blank","title":"m","status":403}"#,
            ("m", Some("about:blank"), Some("about:blank"), None),
        ),
        (403, r#"{"Message":"m"}"#, ("m", Some("permission_error"), None, None)),
        (500, r#""m""#, ("m", Some("server_error"), None, None)),
        (500, "\u{feff}\"m\"", ("m", Some("server_error"), None, None)),
        (400, "data: {\"error\":{\"message\":\"m\"}}\n\n", ("m", INVALID, None, None)),
        (400, "\u{feff}{\"error\":{\"message\":\"m\"}}", ("m", INVALID, None, None)),
    ] {
        assert_eq!(parts(&read_as(status, "application/json", body)), expected, "{body}");
    }
}

#[test]
fn what_is_no_json_is_told_in_words_and_a_page_is_never_shown() {
    let page = "<!DOCTYPE html><html><script>challenge-platform</script>Just a moment...</html>";
    for (status, content_type, body, expected) in [
        (
            403,
            "text/html; charset=UTF-8",
            page,
            "the upstream answered 403 Forbidden with a web page instead of an API reply (a bot check, by its looks)",
        ),
        (502, "", "<html>bad</html>", "the upstream answered 502 Bad Gateway with a web page instead of an API reply"),
        (502, "application/json", "", "the upstream answered 502 Bad Gateway and said nothing more"),
        (
            503,
            "text/plain",
            "no healthy\r\n upstream\n",
            "the upstream answered 503 Service Unavailable: no healthy upstream",
        ),
        (
            500,
            "application/json",
            r#"{"error": {"mess"#,
            "the upstream answered 500 Internal Server Error with a body that cannot be read",
        ),
        (
            500,
            "application/json",
            "{}",
            "the upstream answered 500 Internal Server Error with a body that cannot be read",
        ),
        (302, "", "", "the upstream answered 302 Found; redirects are not followed, so check the base URL"),
    ] {
        assert_eq!(read_as(status, content_type, body).message, expected);
    }
}

#[test]
fn long_text_is_shortened_at_a_character() {
    let failure = read_as(500, "text/plain", &"ä ".repeat(2000));
    assert_eq!(failure.message.chars().count(), "the upstream answered 500 Internal Server Error: ".len() + 501);
    assert!(failure.message.ends_with('…'));
}

#[test]
fn what_is_no_error_is_not_taken_for_one() {
    for text in [r#"{"id":"resp_1","output":[],"error":null}"#, "{}", "7", "[]", "\"error\""] {
        assert_eq!(from_json(text), None, "{text}");
    }
}
