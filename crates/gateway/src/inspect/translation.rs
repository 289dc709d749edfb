//! The box of the inspector that translates what is pasted into it.

use axum::response::Response;
use http::StatusCode;
use interlingua_executor::stamp;
use interlingua_translate::{Api, Loss, Outgoing, Translator, Upstream};
use serde::{Deserialize, Deserializer};
use serde_json::json;

use crate::{ApiError, reply};

/// What is to be translated.
#[derive(Deserialize)]
struct Box {
    kind: Kind,
    #[serde(deserialize_with = "api")]
    from: Api,
    #[serde(deserialize_with = "api")]
    to: Api,
    body: String,
    /// The request that a reply answers, in the client's API.
    request: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Request,
    Response,
    Stream,
}

fn api<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Api, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
}

/// What came of it.
struct Done {
    output: Vec<u8>,
    losses: Vec<Loss>,
    error: Option<ApiError>,
}

/// Translates a request, a reply or a stream, from any API into any. What is wrong with it is part of the answer.
pub(super) fn translate(body: &[u8]) -> Result<Response, ApiError> {
    let wanted: Box =
        serde_json::from_slice(body).map_err(|error| ApiError::bad_request(format!("this is no such box: {error}")))?;
    let Done { output, losses, error } = match wanted.kind {
        Kind::Request => request(&wanted),
        Kind::Response | Kind::Stream => answer(&wanted),
    };
    let output = String::from_utf8_lossy(&output);
    Ok(reply::json(StatusCode::OK, &json!({ "output": output, "losses": losses, "error": error })))
}

fn request(Box { from, to, body, .. }: &Box) -> Done {
    match Translator::new(*from).request(body.as_bytes(), &Upstream::usual(*to), stamp()) {
        Ok(Outgoing { body: output, losses, .. }) => Done { output, losses, error: None },
        Err(error) => Done { output: Vec::new(), losses: Vec::new(), error: Some(error.into()) },
    }
}

/// A reply of the API `from` for a client of the API `to`.
fn answer(Box { kind, from, to, body, request }: &Box) -> Done {
    let request = request.as_deref().map(str::as_bytes).filter(|request| !request.trim_ascii().is_empty());
    let reply = Translator::new(*to).reply_to(request, *kind == Kind::Stream, &Upstream::usual(*from), stamp());
    let mut answer = match reply {
        Ok(reply) => reply.answer(),
        Err(error) => return Done { output: Vec::new(), losses: Vec::new(), error: Some(error.into()) },
    };
    let mut output = Vec::new();
    answer.bytes(body.as_bytes(), &mut output);
    let outcome = answer.finish(&mut output);
    let error = outcome.failure().as_ref().map(ApiError::from);
    Done { output, losses: outcome.losses, error }
}
