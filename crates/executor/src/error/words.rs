//! Replies that say nothing of themselves, in words.

use http::StatusCode;
use interlingua_model::Failure;

use crate::http::head::ReplyHead;

/// What there is to say of a body that is no error object.
pub(super) fn describe_unreadable(head: &ReplyHead, text: &str, whole: bool) -> String {
    let status = spelled(head.status);
    if text.starts_with('<') || head.content_type().starts_with("text/html") {
        let challenge =
            if text.contains("challenge") || text.contains("cf-") { " (a bot check, by its looks)" } else { "" };
        return format!("the upstream answered {status} with a web page instead of an API reply{challenge}");
    }
    if head.status.is_redirection() {
        return format!("the upstream answered {status}; redirects are not followed, so check the base URL");
    }
    if let Some(encoding) = head.compression() {
        return format!(
            "the upstream answered {status} with a compressed body ({encoding}), although it was asked not to"
        );
    }
    if text.is_empty() {
        return format!("the upstream answered {status} and said nothing more");
    }
    if !whole || text.starts_with(['{', '[']) {
        return format!("the upstream answered {status} with a body that cannot be read");
    }
    format!("the upstream answered {status}: {}", shortened(text))
}

/// The status with its name, where it has one.
pub(super) fn spelled(status: StatusCode) -> String {
    match status.canonical_reason() {
        Some(reason) => format!("{} {reason}", status.as_u16()),
        None => status.as_u16().to_string(),
    }
}

/// Text of unknown make, for one line: no control characters, 500 characters at most.
pub(super) fn shortened(text: &str) -> String {
    const MOST: usize = 500;
    let mut words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let mut line = words.next().unwrap_or_default().to_owned();
    for word in words {
        line.push(' ');
        line.push_str(word);
    }
    match line.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

/// Whether servers without a code for it say that a conversation is longer than the model reads. Clients make it shorter
/// where they are told so.
pub(super) fn is_too_long(failure: &Failure) -> bool {
    /// llama.cpp; vLLM and older models of OpenAI; SGLang; newer models of OpenAI.
    const WORDS: [&str; 4] = [
        "exceeds the available context size",
        "maximum context length",
        "longer than the model's context length",
        "exceeds the context window",
    ];
    failure.kind.as_deref() == Some("exceed_context_size_error")
        || WORDS.iter().any(|words| failure.message.contains(words))
}
