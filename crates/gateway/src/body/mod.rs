//! Request bodies: the right kind, within limits.

mod decoder;
mod room;
mod zlib;
mod zstd;

use std::io;
use std::time::Duration;

use axum::body::Body;
use axum::extract::Request;
use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderName};
use http::{HeaderMap, StatusCode};
use http_body::Body as _;
use http_body_util::BodyExt;
use tokio::time::timeout;

use self::decoder::Decoder;
use self::room::{Room, is_full};
use crate::{ApiError, Limits};

/// Reads a JSON body, and undoes its compression, of which the CLI of Codex makes use, on the way: the limits count
/// what comes out.
pub(crate) async fn read(request: Request, limits: Limits) -> Result<Bytes, ApiError> {
    let (parts, body) = request.into_parts();
    read_of(&parts.headers, body, limits).await
}

/// The same of a request that has been taken apart.
pub(crate) async fn read_of(headers: &HeaderMap, body: Body, limits: Limits) -> Result<Bytes, ApiError> {
    let limit = limits.body_total;
    timeout(limit, read_slowly(headers, body, limits)).await.unwrap_or_else(|_| Err(too_slow(limit)))
}

/// Reads a body of any kind as it is, within the same limits.
pub(crate) async fn read_any(request: Request, limits: Limits) -> Result<Bytes, ApiError> {
    let limit = limits.body_total;
    let reading = async move {
        let mut body = request.into_body();
        let mut bytes = Vec::new();
        while let Some(data) = next(&mut body, limits).await? {
            if bytes.len() + data.len() > limits.body {
                return Err(too_large(body, limits).await);
            }
            bytes.extend_from_slice(&data);
        }
        Ok(Bytes::from(bytes))
    };
    timeout(limit, reading).await.unwrap_or_else(|_| Err(too_slow(limit)))
}

fn too_slow(limit: Duration) -> ApiError {
    let message = format!("the body has not come within {} s", limit.as_secs_f64());
    ApiError::new(StatusCode::REQUEST_TIMEOUT, message)
}

async fn read_slowly(headers: &HeaderMap, mut body: Body, limits: Limits) -> Result<Bytes, ApiError> {
    check_kind(headers)?;
    let announced = body.size_hint().exact().and_then(|length| usize::try_from(length).ok()).unwrap_or(0);
    let mut decoder = decoder(headers, Room::new(limits.body, announced))?;
    while let Some(data) = next(&mut body, limits).await? {
        if let Err(error) = decoder.push(&data) {
            drop(decoder);
            return Err(if is_full(&error) { too_large(body, limits).await } else { unreadable(&error) });
        }
    }
    match decoder.finish() {
        Ok(bytes) => Ok(bytes),
        Err(error) if is_full(&error) => Err(too_large(body, limits).await),
        Err(error) => Err(unreadable(&error)),
    }
}

/// A header that is compared with names.
fn lowercase(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name).map(|value| value.to_str().unwrap_or("?").trim().to_ascii_lowercase())
}

/// JSON, or else a refusal.
///
/// The type is demanded, not guessed: a page in a browser can send other types to a server on this machine without
/// being asked whether it may.
fn check_kind(headers: &HeaderMap) -> Result<(), ApiError> {
    let kind = lowercase(headers, CONTENT_TYPE);
    let essence = kind.as_deref().and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
    if essence != "application/json" && !(essence.starts_with("application/") && essence.ends_with("+json")) {
        let got = kind.map_or_else(|| "no content type".to_owned(), |kind| format!("`{kind}`"));
        return Err(unsupported(format!("the body must be sent as `content-type: application/json`, not as {got}")));
    }
    Ok(())
}

/// What undoes the compression of a body.
fn decoder(headers: &HeaderMap, room: Room) -> Result<Decoder, ApiError> {
    Ok(match lowercase(headers, CONTENT_ENCODING).as_deref() {
        None | Some("" | "identity") => Decoder::identity(room),
        Some("gzip") => Decoder::gzip(room),
        Some("deflate") => Decoder::deflate(room),
        Some("zstd") => Decoder::zstd(room),
        Some(other) => {
            return Err(unsupported(format!(
                "the body is sent as `content-encoding: {other}`; there are gzip, deflate, zstd and identity"
            )));
        }
    })
}

async fn next(body: &mut Body, limits: Limits) -> Result<Option<Bytes>, ApiError> {
    loop {
        let frame = timeout(limits.body_idle, body.frame()).await.map_err(|_| {
            let message = format!("nothing more of the body came for {} s", limits.body_idle.as_secs_f64());
            ApiError::new(StatusCode::REQUEST_TIMEOUT, message)
        })?;
        match frame {
            None => return Ok(None),
            Some(Err(error)) => return Err(unreadable(&io::Error::other(error))),
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
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, message).with_code("request_too_large")
}

fn unreadable(error: &io::Error) -> ApiError {
    ApiError::bad_request(format!("the body cannot be read: {error}"))
}

fn unsupported(message: String) -> ApiError {
    ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message).with_code("unsupported_media_type")
}
