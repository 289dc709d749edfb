//! Events to bytes, appended to a buffer of the caller's.

use memchr::{memchr2, memchr2_iter};

/// Appends one event.
///
/// A line break in `data` (LF, CR or CRLF) starts a further `data` line, so every reader sees it as LF.
/// `name` is one line by nature: a line break in it becomes a space, lest the rest be read as a field.
///
/// ```
/// # use interlingua_sse::write_event;
/// let mut out = Vec::new();
/// write_event(&mut out, Some("note"), "two\nlines");
/// write_event(&mut out, None, "[DONE]");
/// assert_eq!(out, b"event: note\ndata: two\ndata: lines\n\ndata: [DONE]\n\n");
/// ```
pub fn write_event(out: &mut Vec<u8>, name: Option<&str>, data: &str) {
    begin_event(out, name);
    write_lines(out, DATA, data.as_bytes());
    out.push(b'\n');
}

/// Appends one event whose data `write` puts straight into the buffer, JSON for instance, with no string in between.
///
/// `write` must only append. Line breaks in what it writes are treated as [`write_event`] treats them; JSON from a compact
/// serializer has none. On an error the buffer is as it was before.
///
/// ```
/// # use interlingua_sse::write_event_with;
/// # use serde_json::json;
/// let mut out = Vec::new();
/// write_event_with(&mut out, Some("delta"), |out| serde_json::to_writer(out, &json!({"text": "a\nb"})))?;
/// assert_eq!(out, b"event: delta\ndata: {\"text\":\"a\\nb\"}\n\n");
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// # Errors
///
/// Whatever `write` returns.
pub fn write_event_with<E>(
    out: &mut Vec<u8>,
    name: Option<&str>,
    write: impl FnOnce(&mut Vec<u8>) -> Result<(), E>,
) -> Result<(), E> {
    let before = out.len();
    begin_event(out, name);
    out.extend_from_slice(DATA);
    let start = out.len();
    if let Err(error) = write(out) {
        out.truncate(before);
        return Err(error);
    }
    let written = out.get(start..).unwrap_or_default();
    if memchr2(b'\n', b'\r', written).is_some() {
        let written = written.to_vec();
        out.truncate(start - DATA.len());
        write_lines(out, DATA, &written);
    } else {
        out.push(b'\n');
    }
    out.push(b'\n');
    Ok(())
}

/// Appends a comment, which readers skip: a heartbeat, so that nothing between them takes the connection for dead.
///
/// The blank line after it keeps readers that wait for whole blocks going; it closes no event.
///
/// ```
/// # use interlingua_sse::write_comment;
/// let mut out = Vec::new();
/// write_comment(&mut out, "keepalive");
/// assert_eq!(out, b": keepalive\n\n");
/// ```
pub fn write_comment(out: &mut Vec<u8>, text: &str) {
    write_lines(out, b": ", text.as_bytes());
    out.push(b'\n');
}

const DATA: &[u8] = b"data: ";

fn begin_event(out: &mut Vec<u8>, name: Option<&str>) {
    if let Some(name) = name {
        out.extend_from_slice(b"event: ");
        out.extend(name.bytes().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { byte }));
        out.push(b'\n');
    }
}

/// Writes each line of `text` behind `prefix`; an empty text is one empty line.
fn write_lines(out: &mut Vec<u8>, prefix: &[u8], text: &[u8]) {
    let mut start = 0;
    let ends = memchr2_iter(b'\n', b'\r', text).chain([text.len()]);
    for end in ends {
        let is_lf_of_crlf = end == start && start > 0 && text.get(start - 1..=end) == Some(b"\r\n");
        if !is_lf_of_crlf {
            out.extend_from_slice(prefix);
            out.extend_from_slice(text.get(start..end).unwrap_or_default());
            out.push(b'\n');
        }
        start = end + 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(name: Option<&str>, data: &str) -> String {
        let mut out = Vec::new();
        write_event(&mut out, name, data);
        String::from_utf8(out).expect("strings went in")
    }

    fn event_with(data: &str) -> String {
        let mut out = Vec::new();
        let written = write_event_with(&mut out, None, |out| {
            out.extend_from_slice(data.as_bytes());
            Ok::<(), ()>(())
        });
        assert_eq!(written, Ok(()));
        String::from_utf8(out).expect("strings went in")
    }

    #[test]
    fn every_kind_of_line_break_starts_a_data_line() {
        let cases = [
            ("", "data: \n\n"),
            ("a", "data: a\n\n"),
            (" a", "data:  a\n\n"),
            ("a\nb", "data: a\ndata: b\n\n"),
            ("a\r\nb", "data: a\ndata: b\n\n"),
            ("a\rb", "data: a\ndata: b\n\n"),
            ("a\n", "data: a\ndata: \n\n"),
            ("\na", "data: \ndata: a\n\n"),
            ("\r\n\r\n", "data: \ndata: \ndata: \n\n"),
            ("a\n\rb", "data: a\ndata: \ndata: b\n\n"),
        ];
        for (data, bytes) in cases {
            assert_eq!(event(None, data), bytes, "{data:?}");
            assert_eq!(event_with(data), bytes, "{data:?} through a writer");
        }
    }

    #[test]
    fn a_name_cannot_smuggle_in_a_field() {
        assert_eq!(event(Some("x\r\ndata: y"), "z"), "event: x  data: y\ndata: z\n\n");
    }

    #[test]
    fn a_comment_cannot_smuggle_in_an_event() {
        let mut out = Vec::new();
        write_comment(&mut out, "hi\n\ndata: y");
        assert_eq!(out, b": hi\n: \n: data: y\n\n");
    }

    #[test]
    fn a_failed_writer_leaves_the_buffer_as_it_was() {
        let mut out = b"data: before\n\n".to_vec();
        let failed = write_event_with(&mut out, Some("half"), |out| {
            out.extend_from_slice(b"{\"half\":");
            Err("broken")
        });
        assert_eq!(failed, Err("broken"));
        assert_eq!(out, b"data: before\n\n");
    }
}
