//! Recorded answers with the few changes that make them fit a request: model, tool, arguments, text, and what a reply repeats
//! of its request. Changes are made event by event, so that every stream stays legal.

use bytes::Bytes;
use interlingua_sse::{Eof, Parser, write_event};
use serde_json::Value;

use crate::ask::{Answer, Ask, ToolCall, ToolKind};
use crate::schema::sample;
use crate::tree::Tree;
use interlingua_model::Api;

/// The recorded answer that a kind of answer is made from.
pub(crate) fn template(api: Api, answer: &Answer) -> &'static str {
    match (api, answer) {
        (Api::Chat, Answer::Text) => "chat/text-with-usage",
        (Api::Chat, Answer::Schema(_)) => "chat/structured-output",
        (Api::Chat, Answer::Json) => "chat/json-object",
        (Api::Chat, Answer::Call(call)) => match call.kind {
            ToolKind::Function => "chat/tool-call",
            ToolKind::Custom => "chat/custom-tool",
            ToolKind::LegacyFunction => "chat/legacy-function-call",
        },
        (Api::Responses, Answer::Text) => "responses/text",
        (Api::Responses, Answer::Schema(_)) => "responses/structured-output",
        (Api::Responses, Answer::Json) => "responses/json-object",
        (Api::Responses, Answer::Call(call)) => match call.kind {
            ToolKind::Function | ToolKind::LegacyFunction => "responses/tool-call",
            ToolKind::Custom => "responses/custom-tool",
        },
        (Api::Messages, Answer::Text | Answer::Json) => "messages/text",
        (Api::Messages, Answer::Schema(_)) => "messages/structured-output",
        (Api::Messages, Answer::Call(_)) => "messages/tool-call",
    }
}

/// What is changed in a recorded answer.
#[derive(Debug)]
pub(crate) struct Fit<'a> {
    api: Api,
    ask: &'a Ask,
    /// The request, for what the reply repeats of it.
    request: &'a Tree,
    call: Option<&'a ToolCall>,
    /// The arguments of a call or the text of a message; as recorded where there is none.
    text: Option<String>,
    call_id: String,
    /// Whether the terminal event says nothing of the output, as the ChatGPT backend has it.
    is_output_hidden: bool,
}

impl<'a> Fit<'a> {
    pub(crate) fn new(api: Api, ask: &'a Ask, request: &'a Tree, call_id: String) -> Self {
        let (call, text) = match &ask.answer {
            Answer::Text | Answer::Json => (None, None),
            Answer::Schema(schema) => (None, Some(sample(schema).to_json())),
            Answer::Call(call) => (Some(call), call.schema.as_ref().map(arguments)),
        };
        Self { api, ask, request, call, text, call_id, is_output_hidden: false }
    }

    /// The same, without output in the terminal event.
    pub(crate) fn hiding_output(mut self) -> Self {
        self.is_output_hidden = true;
        self
    }

    /// Fits a recorded stream; one element per event.
    pub(crate) fn stream(&self, recorded: &[u8]) -> Vec<Bytes> {
        let mut parser = Parser::new();
        parser.feed(recorded);
        parser.end(Eof::Flush);
        let mut events = Vec::new();
        let mut is_spread = false;
        while let Ok(Some(event)) = parser.next_event() {
            let name = (event.name() != "message").then(|| event.name().to_owned());
            let Ok(mut tree) = Tree::parse(event.data) else {
                events.push((name, Err(event.data.to_owned())));
                continue;
            };
            if self.is_unwanted_usage(&tree) {
                continue;
            }
            match (self.delta(&tree), &self.text) {
                (Some(_), Some(_)) if is_spread => {}
                (Some(pointer), Some(text)) => {
                    is_spread = true;
                    self.fit(&mut tree);
                    for piece in pieces(text) {
                        let mut tree = tree.clone();
                        tree.replace(pointer, Tree::text(piece));
                        tree.replace("/obfuscation", Tree::text(padding(piece)));
                        events.push((name.clone(), Ok(tree)));
                    }
                }
                _ => {
                    self.fit(&mut tree);
                    events.push((name, Ok(tree)));
                }
            }
        }
        (0..).zip(events).map(|(number, (name, event))| frame(number, name.as_deref(), event)).collect()
    }

    /// Fits a recorded whole reply.
    pub(crate) fn whole(&self, recorded: &[u8]) -> Bytes {
        let Some(mut reply) = std::str::from_utf8(recorded).ok().and_then(|text| Tree::parse(text).ok()) else {
            return Bytes::copy_from_slice(recorded);
        };
        match self.api {
            Api::Responses => self.fit_response(&mut reply),
            Api::Chat => self.fit(&mut reply),
            Api::Messages => self.fit_message(&mut reply),
        }
        reply.to_json().into()
    }

    fn fit(&self, tree: &mut Tree) {
        match self.api {
            Api::Responses => self.fit_event(tree),
            Api::Chat => self.fit_chat(tree),
            Api::Messages => self.fit_message_event(tree),
        }
    }

    /// Where the text of this event stands, if it is a delta of what is to be replaced.
    fn delta(&self, event: &Tree) -> Option<&'static str> {
        let places: &[&'static str] = match self.api {
            Api::Responses => match event.str("/type")? {
                "response.output_text.delta"
                | "response.function_call_arguments.delta"
                | "response.custom_tool_call_input.delta" => &["/delta"],
                _ => &[],
            },
            Api::Messages => &["/delta/text", "/delta/partial_json"],
            Api::Chat => &[
                "/choices/0/delta/content",
                "/choices/0/delta/tool_calls/0/function/arguments",
                "/choices/0/delta/tool_calls/0/custom/input",
                "/choices/0/delta/function_call/arguments",
            ],
        };
        places.iter().copied().find(|place| event.str(place).is_some_and(|text| !text.is_empty()))
    }

    fn fit_event(&self, event: &mut Tree) {
        if let Some(response) = event.get_mut("/response") {
            self.fit_response(response);
        }
        if let Some(item) = event.get_mut("/item") {
            self.fit_item(item);
        }
        for place in ["/arguments", "/input", "/text", "/part/text"] {
            self.fit_text(event, place);
        }
    }

    fn fit_response(&self, response: &mut Tree) {
        if let Some(model) = &self.ask.model {
            response.replace("/model", Tree::text(model));
        }
        for field in ECHOED {
            let pointer = format!("/{field}");
            let asked = self.request.get(&pointer).filter(|value| **value != Tree::Scalar(Value::Null));
            let echo = asked.cloned().or(match *field {
                "tools" => Some(Tree::Array(Vec::new())),
                "tool_choice" => Some(Tree::text("auto")),
                _ => None,
            });
            if let Some(echo) = echo {
                response.replace(&pointer, echo);
            }
        }
        if let Some(Tree::Array(items)) = response.get_mut("/output") {
            if self.is_output_hidden {
                items.clear();
            }
            for item in items {
                self.fit_item(item);
            }
        }
    }

    fn fit_item(&self, item: &mut Tree) {
        match item.str("/type") {
            Some("function_call" | "custom_tool_call") => {
                self.fit_call(item, "/call_id", "/name");
                self.fit_text(item, "/arguments");
                self.fit_text(item, "/input");
                if let (Some(namespace), Tree::Object(fields)) = (self.call.and_then(|it| it.namespace.as_ref()), item)
                {
                    fields.push(("namespace".to_owned(), Tree::text(namespace)));
                }
            }
            Some("message") => self.fit_text(item, "/content/0/text"),
            _ => {}
        }
    }

    fn fit_message_event(&self, event: &mut Tree) {
        if let Some(message) = event.get_mut("/message") {
            self.fit_message(message);
        }
        if let Some(block) = event.get_mut("/content_block") {
            self.fit_call(block, "/id", "/name");
        }
    }

    fn fit_message(&self, message: &mut Tree) {
        if let Some(model) = &self.ask.model {
            message.replace("/model", Tree::text(model));
        }
        let Some(Tree::Array(blocks)) = message.get_mut("/content") else { return };
        for block in blocks {
            if block.str("/type") == Some("tool_use") {
                self.fit_call(block, "/id", "/name");
                // A whole call has its input as an object, no text.
                if let Some(input) = self.text.as_ref().and_then(|text| Tree::parse(text).ok()) {
                    block.replace("/input", input);
                }
            } else {
                self.fit_text(block, "/text");
            }
        }
    }

    fn fit_chat(&self, reply: &mut Tree) {
        if let Some(model) = &self.ask.model {
            reply.replace("/model", Tree::text(model));
        }
        if self.ask.stream && !self.ask.include_usage {
            reply.remove("usage");
        }
        for message in ["/choices/0/message", "/choices/0/delta"] {
            let Some(message) = reply.get_mut(message) else { continue };
            self.fit_text(message, "/content");
            self.fit_call(message, "/tool_calls/0/id", "/tool_calls/0/function/name");
            self.fit_call(message, "/tool_calls/0/id", "/tool_calls/0/custom/name");
            self.fit_call(message, "/function_call/id", "/function_call/name");
            for place in ["/tool_calls/0/function/arguments", "/tool_calls/0/custom/input", "/function_call/arguments"]
            {
                self.fit_text(message, place);
            }
        }
    }

    fn fit_call(&self, tree: &mut Tree, id: &str, name: &str) {
        if let (Some(call), Some(_)) = (self.call, tree.get(name)) {
            tree.replace(id, Tree::text(&self.call_id));
            tree.replace(name, Tree::text(&call.name));
        }
    }

    /// Replaces a text that is there and not empty: at the beginning of an item it is.
    fn fit_text(&self, tree: &mut Tree, place: &str) {
        if let (Some(text), Some(true)) = (&self.text, tree.str(place).map(|text| !text.is_empty())) {
            tree.replace(place, Tree::text(text));
        }
    }

    fn is_unwanted_usage(&self, event: &Tree) -> bool {
        let is_usage = matches!(event.get("/choices"), Some(Tree::Array(choices)) if choices.is_empty());
        self.api == Api::Chat && is_usage && !self.ask.include_usage
    }
}

/// What a response repeats of its request.
const ECHOED: &[&str] = &[
    "background",
    "instructions",
    "max_output_tokens",
    "metadata",
    "parallel_tool_calls",
    "prompt_cache_key",
    "safety_identifier",
    "store",
    "temperature",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "truncation",
    "user",
];

/// Arguments that fit a schema: an object, whatever the schema says.
fn arguments(schema: &Tree) -> String {
    match sample(schema) {
        object @ Tree::Object(_) => object.to_json(),
        Tree::Scalar(_) | Tree::Array(_) => "{}".to_owned(),
    }
}

/// Cuts a text into pieces about as long as tokens are.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let end = rest.char_indices().nth(PIECE).map_or(rest.len(), |(index, _)| index);
        let (piece, after) = rest.split_at(end);
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

/// Characters in a piece.
const PIECE: usize = 4;

/// Deltas are padded to a multiple of 16 bytes, so that their length tells nothing.
fn padding(piece: &str) -> String {
    "0a1B2c3D4e5F6g7H".chars().take(16 - piece.len() % 16).collect()
}

fn frame(number: usize, name: Option<&str>, event: Result<Tree, String>) -> Bytes {
    let mut bytes = Vec::new();
    match event {
        Ok(mut tree) => {
            tree.replace("/sequence_number", Tree::number(number));
            write_event(&mut bytes, name, &tree.to_json());
        }
        Err(data) => write_event(&mut bytes, name, &data),
    }
    bytes.into()
}
