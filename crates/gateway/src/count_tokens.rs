//! How many tokens a request of Messages would be: asked of an upstream of that API, else counted here, and rather too high
//! than too low, since clients make a conversation shorter by it.

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::post;
use bytes::Bytes;
use http::{HeaderValue, StatusCode};
use interlingua_executor::Answer;
use interlingua_translate::{Api, Asked};
use interlingua_wire::messages::TokenCount;

use crate::app::Shared;
use crate::beside::has_no_such_endpoint;
use crate::inbound::may_ask;
use crate::input_tokens::{ESTIMATE, Sum, broken_off, tokens};
use crate::members::{Members, raw};
use crate::route::{Wanted, told};
use crate::{ApiError, body, exchange, reply};

/// Where tokens are counted, below the base URL.
const COUNT_TOKENS: &str = "/messages/count_tokens";

/// The route below `base`.
pub(crate) fn routes(base: &str) -> Router<Shared> {
    Router::new().route(&format!("{base}{COUNT_TOKENS}"), post(count_tokens))
}

async fn count_tokens(State(app): State<Shared>, request: Request) -> Result<Response, ApiError> {
    let headers = request.headers().clone();
    let body = body::read(request, app.limits).await?;
    let upstreams = app.upstreams();
    let wanted = Wanted::in_body(&body);
    let model = wanted.as_ref().map(Wanted::model);
    let route = upstreams.route_for(Api::Messages, model)?;
    exchange::note(|exchange| exchange.asked(Api::Messages, model.unwrap_or_default(), &body));
    told(&route.first);
    may_ask(model.map(|model| upstreams.name_for(Api::Messages, model)))?;
    if route.first.api() == Api::Messages {
        let executor = route.first.executor_in(Api::Messages, &headers)?;
        let named = match (&route.model, &wanted) {
            (Some(model), Some(wanted)) => wanted.replaced(&body, model),
            (Some(_), None) | (None, _) => body.clone(),
        };
        match executor.relay(COUNT_TOKENS, named, &headers).await {
            Err(error) if has_no_such_endpoint(&error) => {}
            Err(error) => return Err(error.into()),
            Ok(Answer { value, meta }) => return Ok(reply::answered(reply::body(value), &meta)),
        }
    }
    let asked = route.first.translator(Api::Messages).read(&with_limit(&body))?;
    // Megabytes take a while, in which nobody else shall have to wait.
    let counted = tokio::task::spawn_blocking(move || at_least(asked)).await.map_err(|_| broken_off())?;
    let count = TokenCount { input_tokens: Some(counted.into()), ..TokenCount::default() };
    let mut response = reply::json(StatusCode::OK, &count);
    response.headers_mut().insert(ESTIMATE, HeaderValue::from_static("1"));
    Ok(response)
}

/// The body with the limit of an answer that is never written, which only a request for one has to name.
fn with_limit(body: &Bytes) -> Bytes {
    const LIMIT: u32 = 1_000_000;
    match Members::read(body) {
        Some(mut members) if members.get("max_tokens").is_none_or(|limit| limit.get() == "null") => {
            members.set("max_tokens", raw(&LIMIT));
            members.to_vec().into()
        }
        Some(_) | None => body.clone(),
    }
}

/// What a picture costs at most.
const PICTURE: usize = 1600;
/// How many bytes of text a token has at least, on average.
const BYTES: usize = 3;

/// The larger of two counts: by a vocabulary, which is not the model's own, and by the length of the texts.
fn at_least(mut asked: Asked) -> i64 {
    let request = asked.request();
    let by_vocabulary = tokens(request);
    let Sum { texts, pictures, small_pictures, things } = Sum::of(request, str::len);
    let by_length = texts.div_ceil(BYTES) + PICTURE * (pictures + small_pictures) + 3 * things;
    i64::try_from(by_vocabulary.max(by_length)).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use interlingua_translate::Translator;
    use serde_json::{Value, json};

    use super::*;

    fn count(body: &Value) -> i64 {
        let body = with_limit(&body.to_string().into());
        at_least(Translator::new(Api::Messages).read(&body).unwrap())
    }

    #[test]
    fn a_count_is_never_below_either_way_of_counting() {
        let words = |words: &str| count(&json!({"model": "m", "messages": [{"role": "user", "content": words}]}));
        // Thirty bytes that are few tokens of the vocabulary, and fewer bytes that are many.
        assert_eq!(words("hello hello hello hello hello "), 10 + 3);
        assert!(words("1\u{fffd}\u{fffd}§§¶¶ᚠᚢᚦ") > 10);
        assert!(words("") < words("a") && words("a") < words(&"a ".repeat(100)));
    }

    #[test]
    fn tools_pictures_and_calls_count() {
        let with = |more: &Value| {
            let mut body = json!({"model": "m", "messages": [{"role": "user", "content": "hello"}]});
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            count(&body)
        };
        let plain = with(&json!({}));
        let schema = json!({"type": "object", "properties": {"path": {"type": "string"}}});
        let tools = json!([{"name": "read", "description": "Reads a file.", "input_schema": schema}]);
        assert!(with(&json!({"tools": tools})) >= plain + 25);
        assert!(with(&json!({"system": "Be brief and to the point."})) > plain + 8);
        let source = json!({"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="});
        let picture = json!([{"role": "user", "content": [{"type": "image", "source": source}]}]);
        assert_eq!(with(&json!({"messages": picture})), 1600 + 3);
        let turns = json!([
            {"role": "user", "content": "hello"},
            {"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "read", "input": {"path": "a/long/path/to/a/file"}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t", "content": "what stands in it"}]},
        ]);
        assert!(with(&json!({"messages": turns})) > plain + 15);
        // What a request for an answer has to say need not be said here, and may be.
        assert_eq!(with(&json!({"max_tokens": 1024})), plain);
    }
}
