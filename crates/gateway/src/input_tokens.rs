//! How many tokens a request would be: asked of an upstream that counts, else counted here, as an estimate.

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use axum::routing::post;
use http::header::HeaderName;
use http::{HeaderValue, StatusCode};
use interlingua_model::{self as model, Content, ItemKind, PartKind, Request as Conversation, Tool};
use serde::Serialize;
use tiktoken_rs::o200k_base_singleton;

use crate::app::Shared;
use crate::beside::Beside;
use crate::{ApiError, reply};

/// Where tokens are counted, below the base URL.
const INPUT_TOKENS: &str = "/responses/input_tokens";

/// Says by which vocabulary a number was estimated, or only that it was; absent where the upstream has counted.
pub(crate) const ESTIMATE: HeaderName = HeaderName::from_static("x-interlingua-estimate");

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
    let mut asked = beside.asked(Some("unnamed"))?;
    // Megabytes take a while, in which nobody else shall have to wait.
    let counted = tokio::task::spawn_blocking(move || tokens(asked.request())).await;
    let input_tokens = counted.map_err(|_| broken_off())?;
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

/// The tokens of a request by the vocabulary.
pub(crate) fn tokens(request: &Conversation) -> usize {
    let Sum { texts, pictures, small_pictures, things } = Sum::of(request, text);
    ANSWER + texts + PICTURE * pictures + SMALL_PICTURE * small_pictures + EACH_MESSAGE * things
}

/// The refusal of a count that has not come to its end.
pub(crate) fn broken_off() -> ApiError {
    ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "the count broke off")
}

/// All that the model reads, added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sum {
    /// Texts, in whatever they are measured in.
    pub(crate) texts: usize,
    /// Pictures that are looked at closely.
    pub(crate) pictures: usize,
    /// Pictures at low detail.
    pub(crate) small_pictures: usize,
    /// Messages, other items, and tools.
    pub(crate) things: usize,
}

impl Sum {
    /// The sum over a request, whose texts are measured like this.
    pub(crate) fn of(request: &Conversation, measure: fn(&str) -> usize) -> Self {
        let mut adding = Adding { sum: Self { texts: 0, pictures: 0, small_pictures: 0, things: 0 }, measure };
        if let Some(instructions) = &request.instructions {
            adding.thing();
            adding.content(&instructions.value);
        }
        request.items.iter().for_each(|item| adding.item(&item.kind));
        request.tools.iter().for_each(|tool| adding.tool(tool));
        adding.sum
    }
}

/// A sum that grows.
struct Adding {
    sum: Sum,
    measure: fn(&str) -> usize,
}

impl Adding {
    fn thing(&mut self) {
        self.sum.things += 1;
    }

    fn text(&mut self, text: &str) {
        self.sum.texts += (self.measure)(text);
    }

    fn json(&mut self, json: Option<&model::Json>) {
        if let Some(json) = json {
            self.text(json.text());
        }
    }

    fn item(&mut self, kind: &ItemKind) {
        self.thing();
        match kind {
            ItemKind::Message(message) => self.content(&message.content),
            ItemKind::ToolCall(call) => {
                self.text(&call.name);
                self.text(call.arguments.text());
            }
            ItemKind::ToolResult(result) => self.content(&result.output),
            ItemKind::Reasoning(thought) => thought.content.iter().for_each(|part| self.text(part)),
            ItemKind::ImageGeneration(made) => self.sum.pictures += usize::from(made.image.is_some()),
            ItemKind::Opaque(opaque) => self.text(opaque.raw.text()),
        }
    }

    fn tool(&mut self, tool: &Tool) {
        self.thing();
        match tool {
            Tool::Function(tool) => {
                self.text(&tool.name);
                self.text(tool.description.as_deref().unwrap_or_default());
                self.json(tool.parameters.as_ref());
            }
            Tool::Custom(tool) => {
                self.text(&tool.name);
                self.text(tool.description.as_deref().unwrap_or_default());
                match &tool.format {
                    Some(model::CustomFormat::Grammar { syntax: _, definition }) => self.text(definition),
                    Some(model::CustomFormat::Opaque(format)) => self.text(format.text()),
                    Some(model::CustomFormat::Text) | None => {}
                }
            }
            Tool::Hosted(tool) => {
                self.text(&tool.kind);
                self.text(tool.settings.text());
            }
            Tool::Opaque { origin: _, tool } => self.text(tool.raw.text()),
        }
    }

    fn content(&mut self, content: &Content) {
        match content {
            Content::Text(words) => self.text(words),
            Content::Parts(parts) => parts.iter().for_each(|part| self.part(&part.kind)),
        }
    }

    fn part(&mut self, part: &PartKind) {
        match part {
            PartKind::Text(part) => self.text(&part.text),
            PartKind::Refusal(words) => self.text(words),
            PartKind::Image(picture) if picture.detail.as_deref() == Some("low") => self.sum.small_pictures += 1,
            PartKind::Image(_) => self.sum.pictures += 1,
            // What a document or a sound amounts to, only who reads it knows.
            PartKind::File(file) => self.text(file.filename.as_deref().unwrap_or_default()),
            PartKind::Audio(_) => {}
            PartKind::Opaque(opaque) => self.text(opaque.raw.text()),
        }
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
            tokens(Translator::new(Api::Responses).read(body.to_string().as_bytes()).unwrap().request())
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
