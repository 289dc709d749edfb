//! Results that are errors, for APIs that have no word for it.

use interlingua_model::{Content, Origin};

use crate::{Loss, LossCode};

/// What a result says where only its text can say that the tool failed.
pub(crate) fn told(output: Content, is_error: Option<bool>, origin: Origin, losses: &mut Vec<Loss>) -> Content {
    if is_error != Some(true) {
        return output;
    }
    let detail = "the answer is told, and not that it is an error";
    losses.push(Loss::new(format!("{}.is_error", origin.path()), LossCode::DroppedDetail, detail));
    let is_empty = match &output {
        Content::Text(text) => text.is_empty(),
        Content::Parts(parts) => parts.is_empty(),
    };
    if is_empty { Content::Text("error".to_owned()) } else { output }
}
