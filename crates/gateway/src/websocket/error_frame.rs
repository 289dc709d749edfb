//! An error as a frame.

use std::collections::BTreeMap;

use interlingua_wire::chat::ErrorDetail;
use serde::Serialize;

use crate::ApiError;

/// An error that ends a turn of which nothing has been sent: the envelope of HTTP with its status, and what stands in the
/// headers there.
#[derive(Serialize)]
struct Frame<'e> {
    r#type: &'static str,
    status: u16,
    error: &'e ErrorDetail,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<&'e str, &'e str>,
}

/// The frame of an error with a code: clients know the frame by it, see [`ApiError::coded`].
pub(super) fn error_frame(error: &ApiError) -> String {
    let (status, detail, headers) = error.parts();
    let headers = headers.iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?))).collect();
    let frame = Frame { r#type: "error", status: status.as_u16(), error: detail, headers };
    // The keys are strings: there is nothing that can fail.
    serde_json::to_string(&frame).unwrap_or_default()
}
