//! The input of a call: an object here, a text elsewhere.

use crate::arguments::mended;

/// A text of arguments as an object, and whether it had to be made one.
pub(in crate::messages) fn input_object(text: String) -> (String, bool) {
    #[derive(serde::Serialize)]
    struct Raw<'a> {
        raw_arguments: &'a str,
    }
    let trimmed = text.trim_ascii();
    // Some models write nothing as `null`.
    if trimmed.is_empty() || trimmed == "null" {
        return ("{}".to_owned(), false);
    }
    if trimmed.starts_with('{') && serde_json::from_str::<&serde_json::value::RawValue>(trimmed).is_ok() {
        let is_whole = trimmed.len() == text.len();
        return (if is_whole { text } else { trimmed.to_owned() }, false);
    }
    if let Some(object) = mended(trimmed) {
        return (object, true);
    }
    (serde_json::to_string(&Raw { raw_arguments: &text }).unwrap_or_default(), true)
}
