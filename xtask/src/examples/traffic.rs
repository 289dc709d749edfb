//! What a stream says, read as simply as can be: the examples are not judged by the parser that they show.

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

/// The text of a Chat stream that ends as one must.
pub(super) fn chat_text(stream: &str) -> Result<String> {
    let chunks =
        stream.strip_suffix("data: [DONE]\n\n").with_context(|| format!("no [DONE] at the end of:\n{stream}"))?;
    let chunks = data(chunks)?;
    Ok(chunks.iter().filter_map(|chunk| chunk.pointer("/choices/0/delta/content")?.as_str()).collect())
}

/// The text of a Responses stream that ends as one must.
pub(super) fn responses_text(stream: &str) -> Result<String> {
    let events = data(stream)?;
    let kind = |event: &Value| event.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    let last = events.last().map(kind).unwrap_or_default();
    ensure!(last == "response.completed", "it ends with `{last}`:\n{stream}");
    let deltas = events.iter().filter(|event| kind(event) == "response.output_text.delta");
    Ok(deltas.filter_map(|event| event.get("delta")?.as_str()).collect())
}

fn data(stream: &str) -> Result<Vec<Value>> {
    let lines = stream.lines().filter_map(|line| line.strip_prefix("data: "));
    lines.map(|line| serde_json::from_str(line).with_context(|| format!("no JSON: {line}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_without_its_end_says_nothing() {
        let chat = "data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\n";
        assert!(chat_text(chat).is_err());
        assert_eq!(chat_text(&format!("{chat}data: [DONE]\n\n")).unwrap(), "Hi");

        let responses = "event: x\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"Hi\"}\n\n";
        assert!(responses_text(responses).is_err());
        let whole = format!("{responses}data: {{\"type\":\"response.completed\"}}\n\n");
        assert_eq!(responses_text(&whole).unwrap(), "Hi");
    }
}
