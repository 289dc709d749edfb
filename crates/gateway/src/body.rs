//! Request bodies: the right kind, within limits.

use axum::body::Body;
use axum::extract::Request;
use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use http_body::Body as _;
use http_body_util::BodyExt;
use tokio::time::timeout;
use tower_http::decompression::RequestDecompressionLayer;

use crate::error::INVALID_REQUEST;
use crate::{ApiError, Limits};

/// Undoes the compression of bodies, of which the CLI of Codex makes use, as they are read: the limits count what comes
/// out. What it does not know it leaves as it is.
pub(crate) fn decompressed() -> RequestDecompressionLayer {
    RequestDecompressionLayer::new().pass_through_unaccepted(true)
}

/// Reads a JSON body.
pub(crate) async fn read(request: Request, limits: Limits) -> Result<Bytes, ApiError> {
    let (parts, mut body) = request.into_parts();
    check_kind(&parts.headers)?;
    // Growing step by step would need twice the room in the end.
    let announced = body.size_hint().exact().and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
    let mut bytes = BytesMut::with_capacity(announced.min(limits.body));
    while let Some(data) = next(&mut body, limits).await? {
        if bytes.len() + data.len() > limits.body {
            drop(bytes);
            return Err(too_large(body, limits).await);
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes.freeze())
}

/// JSON, and decoded by now.
///
/// The type is demanded, not guessed: a page in a browser can send other types to a server on this machine without
/// being asked whether it may.
fn check_kind(headers: &HeaderMap) -> Result<(), ApiError> {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("?").trim().to_ascii_lowercase());
    let kind = text(CONTENT_TYPE);
    let essence = kind.as_deref().and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
    if essence != "application/json" && !(essence.starts_with("application/") && essence.ends_with("+json")) {
        let got = kind.map_or_else(|| "no content type".to_owned(), |kind| format!("`{kind}`"));
        return Err(unsupported(format!("the body must be sent as `content-type: application/json`, not as {got}")));
    }
    match text(CONTENT_ENCODING).as_deref() {
        None | Some("" | "identity") => Ok(()),
        Some(other) => Err(unsupported(format!(
            "the body is sent as `content-encoding: {other}`; there are gzip, deflate, zstd and identity"
        ))),
    }
}

async fn next(body: &mut Body, limits: Limits) -> Result<Option<Bytes>, ApiError> {
    loop {
        let frame = timeout(limits.body_idle, body.frame()).await.map_err(|_| {
            let message = format!("nothing more of the body came for {} s", limits.body_idle.as_secs_f64());
            ApiError::new(StatusCode::REQUEST_TIMEOUT, INVALID_REQUEST, message)
        })?;
        match frame {
            None => return Ok(None),
            Some(Err(error)) => return Err(ApiError::bad_request(format!("the body cannot be read: {error}"))),
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
        }
    }
}

/// The refusal of a large body, once the client is able to hear it: most clients read no answer while they write.
async fn too_large(mut body: Body, limits: Limits) -> ApiError {
    /// How much more than the limit is read and thrown away.
    const TIMES: usize = 4;
    let mut thrown = 0;
    while thrown < TIMES * limits.body {
        match next(&mut body, limits).await {
            Ok(Some(data)) => thrown += data.len(),
            Ok(None) | Err(_) => break,
        }
    }
    let message = format!("the body is larger than {} bytes, counted without compression", limits.body);
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, INVALID_REQUEST, message).with_code("request_too_large")
}

fn unsupported(message: String) -> ApiError {
    ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, INVALID_REQUEST, message).with_code("unsupported_media_type")
}
