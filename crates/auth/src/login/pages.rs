//! What the browser shows at the end. Fixed texts: nothing of a request is ever put into a page.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::Full;

/// The pages of the callback server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Page {
    Done,
    Failed,
    Denied,
    Cancelled,
    WrongState,
    NotACallback,
    NotFound,
    WrongMethod,
}

impl Page {
    pub(crate) fn response(self) -> Response<Full<Bytes>> {
        let (status, title, text) = match self {
            Self::Done => (StatusCode::OK, "Logged in", "You can close this page and go back to the terminal."),
            Self::Failed => (
                StatusCode::BAD_GATEWAY,
                "Not logged in",
                "The login could not be finished. The terminal says why; start it again from there.",
            ),
            Self::Denied => (
                StatusCode::FORBIDDEN,
                "Not logged in",
                "The login was denied. The terminal says why; start it again from there.",
            ),
            Self::Cancelled => (StatusCode::OK, "Cancelled", "The login was cancelled. You can close this page."),
            Self::WrongState => (
                StatusCode::BAD_REQUEST,
                "Not this login",
                "This page belongs to another login than the one that is waiting. Open the address the terminal shows.",
            ),
            Self::NotACallback => (
                StatusCode::BAD_REQUEST,
                "Not logged in",
                "The address lacks what the login needs. Open the address the terminal shows.",
            ),
            Self::NotFound => (StatusCode::NOT_FOUND, "Nothing here", "This server only takes the end of a login."),
            Self::WrongMethod => (StatusCode::METHOD_NOT_ALLOWED, "Not allowed", "This server only answers to GET."),
        };
        let html = format!(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title} - Interlingua</title>\
             <style>body{{font:1.1rem system-ui;margin:20vh auto;max-width:34rem;padding:0 1rem}}</style>\
             <h1>{title}</h1><p>{text}</p></html>\n"
        );
        let mut response = Response::new(Full::new(Bytes::from(html)));
        *response.status_mut() = status;
        for (name, value) in [
            (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            (header::CACHE_CONTROL, "no-store"),
            // The address of this page holds the code of the login.
            (header::REFERRER_POLICY, "no-referrer"),
            (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'"),
            (header::CONNECTION, "close"),
        ] {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        if self == Self::WrongMethod {
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET"));
        }
        response
    }
}
