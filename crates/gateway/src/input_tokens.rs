//! How many tokens a request would be: asked of an upstream that counts, else counted here, as an estimate.

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::post;
use http::header::HeaderName;
use http::{HeaderValue, StatusCode};
use interlingua_model::{self as model, Content, ItemKind, PartKind, Tool};
use interlingua_translate::Asked;
use serde::Serialize;
use tiktoken_rs::o200k_base_singleton;

use crate::app::Shared;
use crate::beside::Beside;
use crate::{ApiError, reply};

/// Where tokens are counted, below the base URL.
const INPUT_TOKENS: &str = "/responses/input_tokens";

/// Says by which vocabulary a number was estimated; absent where the upstream has counted.
const ESTIMATE: HeaderName = HeaderName::from_static("x-interlingua-estimate");

/// The vocabulary of OpenAI's newer models. Others have their own, which differ by a tenth or two.
const VOCABULARY: HeaderValue = HeaderValue::from_static("o200k_base");

/// The route below `base`.
pub(crate) fn routes(base: &str) -> Router<Shared> {
    Router::new().route(&format!("{base}{INPUT_TOKENS}"), post(input_tokens))
}

/// Responses: schema `TokenCountsResource`.
#[derive(Serialize)]
struct Counted {
    object: &'static str,
    input_tokens: usize,
}

async fn input_tokens(State(app): State<Shared>, request: Request) -> Result<Response, ApiError> {
    let beside = Beside::read(&app, request).await?;
    if let Some(response) = beside.relayed(INPUT_TOKENS).await? {
        return Ok(response);
    }
    let asked = beside.asked(Some("unnamed"))?;
    // Megabytes take a while, in which nobody else shall have to wait.
    let counted = tokio::task::spawn_blocking(move || tokens(asked)).await;
    let input_tokens =
        counted.map_err(|_| ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "server_error", "the count broke off"))?;
    let mut response = reply::json(StatusCode::OK, &Counted { object: "response.input_tokens", input_tokens });
    response.headers_mut().insert(ESTIMATE, VOCABULARY);
    Ok(response)
}

/// What each message costs beside its text: who speaks, and where it begins and ends.
const EACH_MESSAGE: usize = 3;
/// What the beginning of the answer costs.
const ANSWER: usize = 3;
/// What a picture costs where it is looked at closely: that of 1024 by 1024 pixels. How large it is, nobody looks.
const PICTURE: usize = 765;
/// What one costs at low detail.
const SMALL_PICTURE: usize = 85;

fn tokens(mut asked: Asked) -> usize {
    let request = asked.request();
    let mut count = ANSWER;
    if let Some(instructions) = &request.instructions {
        count += EACH_MESSAGE + content(&instructions.value);
    }
    for item in &request.items {
        count += EACH_MESSAGE
            + match &item.kind {
                ItemKind::Message(message) => content(&message.content),
                ItemKind::ToolCall(call) => text(&call.name) + text(call.arguments.text()),
                ItemKind::ToolResult(result) => content(&result.output),
                ItemKind::Reasoning(thought) => thought.content.iter().map(|part| text(part)).sum(),
                ItemKind::Opaque(opaque) => text(opaque.raw.text()),
            };
    }
    count + request.tools.iter().map(|tool| EACH_MESSAGE + offered(tool)).sum::<usize>()
}

fn offered(tool: &Tool) -> usize {
    let words = |words: Option<&String>| words.map_or(0, |words| text(words));
    let json = |json: Option<&model::Json>| json.map_or(0, |json| text(json.text()));
    match tool {
        Tool::Function(tool) => text(&tool.name) + words(tool.description.as_ref()) + json(tool.parameters.as_ref()),
        Tool::Custom(tool) => {
            let format = match &tool.format {
                Some(model::CustomFormat::Grammar { syntax: _, definition }) => text(definition),
                Some(model::CustomFormat::Opaque(format)) => text(format.text()),
                Some(model::CustomFormat::Text) | None => 0,
            };
            text(&tool.name) + words(tool.description.as_ref()) + format
        }
        Tool::Hosted(tool) => text(&tool.kind) + text(tool.settings.text()),
        Tool::Opaque { origin: _, tool } => text(tool.raw.text()),
    }
}

fn content(content: &Content) -> usize {
    match content {
        Content::Text(words) => text(words),
        Content::Parts(parts) => parts.iter().map(|part| kind(&part.kind)).sum(),
    }
}

fn kind(part: &PartKind) -> usize {
    match part {
        PartKind::Text(part) => text(&part.text),
        PartKind::Refusal(words) => text(words),
        PartKind::Image(picture) if picture.detail.as_deref() == Some("low") => SMALL_PICTURE,
        PartKind::Image(_) => PICTURE,
        // What a document or a sound amounts to, only who reads it knows.
        PartKind::File(file) => file.filename.as_ref().map_or(0, |name| text(name)),
        PartKind::Audio(_) => 0,
        PartKind::Opaque(opaque) => text(opaque.raw.text()),
    }
}

/// The tokens of a text, counted in stretches: what is one word for the vocabulary may be megabytes without a space.
fn text(words: &str) -> usize {
    /// In bytes.
    const STRETCH: usize = 16 * 1024;
    let mut rest = words;
    let mut count = 0;
    while !rest.is_empty() {
        let (stretch, more) = rest.split_at_checked(end_of_stretch(rest, STRETCH)).unwrap_or((rest, ""));
        count += o200k_base_singleton().count_ordinary(stretch);
        rest = more;
    }
    count
}

/// Where a stretch of at most so many bytes ends: in front of a space where there is one.
fn end_of_stretch(text: &str, most: usize) -> usize {
    if text.len() <= most {
        return text.len();
    }
    let most = (1..=most).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    text.get(..most).and_then(|stretch| stretch.rfind(' ')).filter(|at| *at > 0).unwrap_or(most)
}

#[cfg(test)]
mod tests {
    use interlingua_translate::{Api, Translator};
    use serde_json::json;

    use super::*;

    #[test]
    fn a_text_has_as_many_tokens_as_the_vocabulary_says() {
        // From OpenAI's own table of o200k_base.
        for (words, count) in [("", 0), ("hello world", 2), ("tiktoken is great!", 6), ("お誕生日おめでとう", 8)]
        {
            assert_eq!(text(words), count, "{words}");
        }
    }

    #[test]
    fn a_long_text_is_counted_in_stretches_and_in_time() {
        let sentence = "The boat is called Lapwing. ";
        let (few, many) = (text(&sentence.repeat(100)), text(&sentence.repeat(10_000)));
        assert!(many.abs_diff(few * 100) < 100, "{few} {many}");
        for odd in ["a".repeat(200_000), " ".repeat(200_000), "🌍".repeat(50_000), "\n".repeat(200_000)] {
            let started = std::time::Instant::now();
            assert!(text(&odd) > 0);
            assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
        }
    }

    #[test]
    fn everything_the_model_reads_counts() {
        let of = |more: serde_json::Value| {
            let mut body = json!({"model": "m", "input": "hello world"});
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            tokens(Translator::new(Api::Responses).read(body.to_string().as_bytes()).unwrap())
        };
        let plain = of(json!({}));
        assert_eq!(plain, 2 + EACH_MESSAGE + ANSWER);
        assert!(of(json!({"instructions": "Be brief."})) > plain);
        let tools = json!([{"type": "function", "name": "f", "description": "d", "parameters": {"type": "object"}}]);
        assert!(of(json!({"tools": tools})) > plain);
        let picture =
            json!([{"role": "user", "content": [{"type": "input_image", "image_url": "data:image/png;base64,AA"}]}]);
        assert_eq!(of(json!({"input": picture})), PICTURE + EACH_MESSAGE + ANSWER);
        let call = json!([{"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c", "output": "hello world"}]);
        assert!(of(json!({"input": call})) > plain);
    }
}
