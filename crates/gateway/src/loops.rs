//! A request that comes back to where it was: an upstream that is this gateway, by whatever detour.

use std::sync::LazyLock;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::VIA;
use http::{HeaderMap, HeaderValue, StatusCode};
use uuid::Uuid;

use crate::ApiError;

/// What this process calls itself in `Via` (RFC 9110, section 7.6.3).
static OWN: LazyLock<String> = LazyLock::new(|| {
    let id = Uuid::new_v4().simple().to_string();
    format!("{FAMILY}{}", id.get(..12).unwrap_or_default())
});

/// What all of our kind call themselves at first.
const FAMILY: &str = "interlingua-";

/// Refuses what has been here before.
pub(crate) async fn refuse(request: Request, next: Next) -> Response {
    if ours(request.headers()).any(|name| name == *OWN) {
        let message = "the request has come back to this gateway: its upstream is the gateway itself, or leads to it. \
                       Check the upstream's address";
        let refusal = ApiError::new(StatusCode::LOOP_DETECTED, message);
        return refusal.with_code("loop_detected").into_response();
    }
    next.run(request).await
}

/// What goes along to an upstream: who of our kind has seen the request, this one the last.
pub(crate) fn via(caller: &HeaderMap) -> HeaderMap {
    /// More than any chain has.
    const MOST: usize = 16;
    let seen = ours(caller).take(MOST).chain([OWN.as_str()]);
    let text = seen.map(|name| format!("1.1 {name}")).collect::<Vec<_>>().join(", ");
    HeaderValue::try_from(text).map(|value| HeaderMap::from_iter([(VIA, value)])).unwrap_or_default()
}

/// Those of our kind that a request has been through.
fn ours(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let entries =
        headers.get_all(VIA).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    entries.filter_map(|entry| entry.split_whitespace().nth(1)).filter(|name| name.starts_with(FAMILY))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_of_our_kind_go_along_and_strangers_do_not() {
        let mut caller = HeaderMap::new();
        assert_eq!(via(&caller)[VIA], format!("1.1 {}", *OWN));
        caller.append(VIA, HeaderValue::from_static("1.0 proxy, 1.1 interlingua-abc (a comment)"));
        caller.append(VIA, HeaderValue::from_static("HTTP/2 interlingua-def"));
        assert_eq!(via(&caller)[VIA], format!("1.1 interlingua-abc, 1.1 interlingua-def, 1.1 {}", *OWN));
    }
}
