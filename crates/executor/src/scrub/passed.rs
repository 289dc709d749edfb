//! A reply that is passed on, and of which only failures may have to change.

use std::borrow::Cow;

use super::Scrubber;

/// Takes the secrets out of what bytes say of failures. They are events, each of them whole, or one document.
pub(crate) fn passed(scrubber: &Scrubber, bytes: &mut Vec<u8>) {
    if bytes.is_empty() || !scrubber.may_be_in(bytes) {
        return;
    }
    let new = std::mem::take(bytes);
    let begins = new.iter().find(|byte| !byte.is_ascii_whitespace());
    if matches!(begins, Some(b'{' | b'[')) {
        bytes.extend_from_slice(&scrubber.failures(&new));
        return;
    }
    for line in new.split_inclusive(|byte| matches!(byte, b'\r' | b'\n')) {
        let text_end = line.len() - line.iter().rev().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let (text, line_end) = line.split_at(text_end);
        let clean = match text.strip_prefix(b"data:") {
            // What a model says is in the data alone, and one line of it is one document.
            Some(data) => {
                bytes.extend_from_slice(b"data:");
                scrubber.failures(data)
            }
            None => scrubber.body(text),
        };
        bytes.extend_from_slice(match &clean {
            Cow::Owned(clean) => clean,
            Cow::Borrowed(same) => same,
        });
        bytes.extend_from_slice(line_end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "sk-0123456789-abcdefghij";

    fn clean(bytes: &str) -> String {
        let mut out = bytes.as_bytes().to_vec();
        passed(&Scrubber::new([KEY]), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn of_a_stream_only_failures_change() {
        let said = format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{KEY}\"}}}}]}}\r\n\r\n");
        let failed = format!(
            ": {KEY}\n\nevent: error\ndata: {{\"error\":{{\"message\":\"bad {KEY}\"}}}}\n\ndata: {KEY}\r\rdata: [DO"
        );
        assert_eq!(clean(&format!("{said}{failed}")), format!("{said}{}", failed.replace(KEY, "***")));
    }

    #[test]
    fn of_an_answer_too() {
        let answer = format!(" {{\"error\":\"{KEY}\",\"x\":\"{KEY}\"}}");
        assert_eq!(clean(&answer), format!(" {{\"error\":\"***\",\"x\":\"{KEY}\"}}"));
        assert_eq!(clean("\n\ndata: 1\n\n"), "\n\ndata: 1\n\n");
    }
}
