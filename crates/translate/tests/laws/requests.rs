//! What must be true of every request, from a client of any API to an upstream of any.
// Long because: one law after another, each short.

use std::collections::BTreeMap;

use interlingua_model::{
    Arguments, CallStyle, Content, CustomTool, FunctionTool, ImagePart, Item, ItemKind, Message, Origin, Part,
    PartKind, Request, Role, Tool,
};
use interlingua_translate::{Api, ChatUpstream, Loss, LossCode, Outgoing, Reply, Translator, Upstream};
use serde_json::{Value, json};

use crate::pair::Pair;
use crate::said::{refusals, texts};
use crate::support::{fixtures, recordings, stamp, upstreams};
use crate::{About, Law, Named, Verdict, keys, targets};

/// What a client asked, in its own bytes.
pub(crate) struct Body {
    name: String,
    bytes: Vec<u8>,
    json: Value,
}

impl Named for Body {
    fn name(&self) -> &str {
        &self.name
    }
}

pub(crate) const LAWS: &[Law<Body>] = &[
    ("a request is translated or refused by name", translated_or_refused),
    (PLACES, places_lead_back),
    ("a request says the same when it comes back", comes_back),
    ("a history may lose any of its items", survives_a_gap),
    ("any item of a history may stand in front of a request", stands_in_front),
];

pub(crate) const PLACES: &str = "a place of the written request leads to one of the client's";

/// Everything that clients of an API are known to have asked.
pub(crate) fn all(api: Api) -> Vec<Body> {
    let fixtures = fixtures(api).into_iter().filter_map(|case| Some((case.name.clone(), case.file("request.json")?)));
    let mut bodies: Vec<_> = fixtures.collect();
    bodies.extend(recordings(&format!("{api}_requests")));
    if api == Api::Responses {
        bodies.extend(recordings("codex_cli_requests").into_iter().filter_map(|(name, bytes)| {
            let exchange: Value = serde_json::from_slice(&bytes).ok()?;
            Some((name, exchange.get("body")?.to_string().into_bytes()))
        }));
    }
    let read = |(name, bytes): (String, Vec<u8>)| {
        let json = serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        Body { name, bytes, json }
    };
    bodies.into_iter().map(read).collect()
}

fn translated_or_refused(pair: Pair, body: &Body) -> Verdict {
    let Body { bytes, json, .. } = body;
    for (way, upstream) in upstreams(pair.to) {
        let fail = |error: String| format!("for {way}: {error}");
        match Translator::new(pair.from).request(bytes, &upstream, stamp()) {
            Err(error) => {
                hold!(error.status(), 400, "{way}: {error}");
                let Some(param) = error.param() else { return Err(fail(format!("{error}: it names no field"))) };
                // What is missing has a place only in what it is missing from.
                let is_missing = error.message().contains("missing field") && at(json, parent(param)).is_some();
                if !is_missing && !is_place(json, param) {
                    return Err(fail(format!("{error}: there is no `{param}`")));
                }
            }
            Ok(Outgoing {
                path: _,
                body,
                is_streamed,
                session: _,
                features: _,
                is_opening: _,
                has_images: _,
                losses,
                reply: _,
            }) => {
                for loss in &losses {
                    if !is_place(json, &loss.path) {
                        return Err(fail(format!("there is no place for the loss {loss}")));
                    }
                }
                let text = String::from_utf8(body).unwrap();
                keys::check(&text).map_err(fail)?;
                let written: Value = serde_json::from_str(&text).unwrap();
                hold!(written["stream"] == true, is_streamed, "{way}: whether it asks for a stream");
                targets::request(pair.to, &written).map_err(fail)?;
                let read = Translator::new(pair.to).read(text.as_bytes()).map_err(|error| fail(error.to_string()))?;
                hold!(read.losses(), &[], "{way}: losses of what was just written");
            }
        }
    }
    Ok(About::It)
}

/// Clients trim their histories wherever it suits them.
fn survives_a_gap(pair: Pair, body: &Body) -> Verdict {
    still_translates(pair, body, |items, gone| drop(items.remove(gone)))
}

/// Clients bring along whatever an earlier turn left them.
fn stands_in_front(pair: Pair, body: &Body) -> Verdict {
    still_translates(pair, body, |items, kept| {
        let item = items.swap_remove(kept);
        *items = vec![item, json!({"role": "user", "content": "q"})];
    })
}

/// What becomes of a history is translated like the whole of it, unless it is a result whose call went, or nothing.
fn still_translates(pair: Pair, body: &Body, change: fn(&mut Vec<Value>, usize)) -> Verdict {
    /// As many items of a long history are tried.
    const MOST: usize = 12;
    let Body { bytes, json, .. } = body;
    let is_list = |key: &&str| json.get(key).and_then(Value::as_array).is_some_and(|items| items.len() > 1);
    let Some(key) = ["messages", "input"].into_iter().find(is_list) else { return Ok(About::Another) };
    let count = json[key].as_array().map_or(0, Vec::len);
    let mut about = About::Another;
    for (way, upstream) in upstreams(pair.to) {
        if Translator::new(pair.from).request(bytes, &upstream, stamp()).is_err() {
            continue;
        }
        for at in (0..count).step_by(count.div_ceil(MOST)) {
            let mut changed = json.clone();
            change(changed[key].as_array_mut().unwrap(), at);
            let fail = |error: String| format!("for {way}, at {key}[{at}]: {error}");
            match Translator::new(pair.from).request(changed.to_string().as_bytes(), &upstream, stamp()) {
                Ok(outgoing) => {
                    let written: Value = serde_json::from_slice(&outgoing.body).unwrap();
                    targets::request(pair.to, &written).map_err(fail)?;
                }
                Err(error) => {
                    let param = error.param().unwrap_or_default();
                    // Messages tells of the result as a whole.
                    let is_result = ["call_id", "tool_call_id", "name"].iter().any(|end| param.ends_with(end))
                        || error.message().contains("no earlier message has a tool_use")
                        || error.message().contains("no earlier call of the conversation");
                    let is_nothing = error.message().contains("at least one message");
                    if !is_result && !is_nothing {
                        return Err(fail(error.to_string()));
                    }
                }
            }
            about = About::It;
        }
    }
    Ok(about)
}

fn places_lead_back(pair: Pair, body: &Body) -> Verdict {
    let mut about = About::Another;
    for (way, upstream) in upstreams(pair.to) {
        let Ok(outgoing) = Translator::new(pair.from).request(&body.bytes, &upstream, stamp()) else { continue };
        let written: Value = serde_json::from_slice(&outgoing.body).unwrap();
        let mut paths = Vec::new();
        walk(&written, String::new(), &mut paths);
        for path in paths {
            let Some(param) = Reply::param(&outgoing.reply, &path) else { continue };
            if !is_place(&body.json, &param) {
                return Err(format!("for {way}: `{path}` leads to `{param}`, which is not there"));
            }
            about = About::It;
        }
    }
    Ok(about)
}

/// Every path of a document.
fn walk(value: &Value, path: String, out: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                walk(value, if path.is_empty() { key.clone() } else { format!("{path}.{key}") }, out);
            }
        }
        Value::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                walk(value, format!("{path}[{index}]"), out);
            }
        }
        _ => {}
    }
    if !path.is_empty() {
        out.push(path);
    }
}

/// What a path leads to.
fn at<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    let mut at = value;
    for step in path.split(['.', '[']).filter(|step| !step.is_empty()) {
        at = match step.strip_suffix(']') {
            Some(index) => at.get(index.parse::<usize>().ok()?)?,
            None => at.get(step)?,
        };
    }
    Some(at)
}

/// Fields whose default is told, refused or lost where the client does not say them.
const UNSAID: &[&str] = &[
    "strict",
    "properties",
    "store",
    "type",
    "detail",
    "title",
    "name",
    "model",
    "max_tokens",
    "max_output_tokens",
    "max_completion_tokens",
];

/// Whether a path leads to something that the client said, or to what it left to its default.
fn is_place(value: &Value, path: &str) -> bool {
    let last = path.rsplit('.').next().unwrap_or(path);
    let is_unsaid = || UNSAID.contains(&last) && at(value, parent(path)).is_some_and(Value::is_object);
    at(value, path).is_some() || is_unsaid()
}

fn parent(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(parent, _)| parent)
}

/// The upstream of a client's own API, as the client had one: its model may be one that searches.
fn home(api: Api) -> Upstream {
    match api {
        Api::Chat => Upstream::Chat(ChatUpstream { web_search: true, ..ChatUpstream::default() }),
        Api::Responses | Api::Messages => Upstream::usual(api),
    }
}

fn comes_back(pair: Pair, body: &Body) -> Verdict {
    let Pair { from, to } = pair;
    let Ok(mut first) = Translator::new(from).read(&body.bytes) else { return Ok(About::Another) };
    let has = |losses: &[Loss], code| losses.iter().any(|loss| loss.code == code);
    // A boundary of a cache in another API's words is one without them when it comes back.
    let is_marked = first.losses().iter().any(|loss| loss.path.ends_with("cache_control"));
    let Ok(there) = first.clone().to(&Upstream::usual(to), stamp()) else { return Ok(About::Another) };
    let lost = &there.losses[first.losses().len()..];
    let read = Translator::new(to).read(&there.body).map_err(|error| error.to_string())?;
    let back = match read.to(&home(from), stamp()) {
        Ok(back) => back,
        // What one server of this API understands and the API itself has no word for.
        Err(_) if has(first.losses(), LossCode::ExtensionAccepted) => return Ok(About::Another),
        Err(error) => return Err(error.to_string()),
    };
    let mut second = Translator::new(from).read(&back.body).map_err(|error| error.to_string())?;
    let (first, second) = (first.request(), second.request());
    // What only one API calls a call is one of a function now.
    let mut made = calls(second);
    if has(lost, LossCode::CallAsFunction) {
        made.retain(|id, _| calls(first).contains_key(id));
    }
    if to == Api::Messages {
        // Ids with letters that it refuses are others there.
        let payloads = |calls: BTreeMap<&str, String>| {
            let mut payloads: Vec<_> = calls.into_values().collect();
            payloads.sort();
            payloads
        };
        hold!(payloads(made), payloads(calls(first)), "calls");
    } else {
        hold!(made, calls(first), "calls");
    }
    hold!(spoken(second, true), spoken(first, true), "what the model has said");
    // Media in a tool's result move into a message of the user's, and a line says so; another says what cannot be read.
    let says_more = [
        LossCode::MovedMedia,
        LossCode::CallAsFunction,
        LossCode::UnansweredCall,
        LossCode::DroppedDetail,
        LossCode::DroppedHistory,
        LossCode::ItemAsMessage,
    ];
    // A document of text is told as text where Messages has been.
    let is_text = |kind: &PartKind| matches!(kind, PartKind::File(_));
    let has_files = [from, to].contains(&Api::Messages) && parts(first).any(is_text);
    if !has_files && !says_more.into_iter().any(|code| has(lost, code)) {
        if to == Api::Messages {
            hold!(results(second).len(), results(first).len(), "results");
        } else {
            hold!(results(second), results(first), "results");
        }
        hold!(spoken(second, false), spoken(first, false), "what everybody else has said");
    }
    // What is stored because nobody said otherwise is not missed where nothing is.
    let is_stored = first.store.as_ref().is_some_and(|store| store.value && store.origin == Origin::default());
    // Messages says in other words, and adds to, what stands beside the conversation.
    let is_alike = ![from, to].contains(&Api::Messages);
    if is_alike && !is_stored && !is_marked && lost.is_empty() && back.losses.is_empty() {
        let (second, first) = (neutral(second.clone()), neutral(first.clone()));
        let differing = second.lines().zip(first.lines()).find(|(second, first)| second != first);
        hold!(second == first, true, "everything; the first difference is {differing:?}");
    }
    Ok(About::It)
}

/// Calls with their payload, in order of their ids: a turn's calls may change places with its text.
fn calls(request: &Request) -> BTreeMap<&str, String> {
    let calls = request.items.iter().filter_map(|item| match &item.kind {
        ItemKind::ToolCall(call) => Some((call.call_id.as_str(), payload(&call.arguments))),
        _ => None,
    });
    calls.collect()
}

/// A payload as all APIs can write it: the input of a custom tool is the one argument of a function for some.
fn payload(arguments: &Arguments) -> String {
    match arguments {
        Arguments::Custom(input) => json!({ "input": input }).to_string(),
        Arguments::Function(text) => text.clone(),
    }
}

/// All parts of all messages.
fn parts(request: &Request) -> impl Iterator<Item = &PartKind> {
    let contents = request.items.iter().filter_map(|item| match &item.kind {
        ItemKind::Message(message) => Some(&message.content),
        ItemKind::ToolResult(result) => Some(&result.output),
        _ => None,
    });
    let parts = contents.filter_map(|content| match content {
        Content::Parts(parts) => Some(parts),
        Content::Text(_) => None,
    });
    parts.flatten().map(|part| &part.kind)
}

/// Results with their texts, in order of their ids: Chat wants them right behind their calls.
fn results(request: &Request) -> BTreeMap<&str, Vec<&str>> {
    let results = request.items.iter().filter_map(|item| match &item.kind {
        ItemKind::ToolResult(result) => Some((result.call_id.as_str(), texts(&result.output))),
        _ => None,
    });
    results.collect()
}

/// All text of the model, or of everybody else, in order and without the spaces that joining may add.
fn spoken(request: &Request, by_model: bool) -> String {
    let instructions = request.instructions.iter().filter(|_| !by_model).flat_map(|said| texts(&said.value));
    let messages = request.items.iter().filter_map(|item| match &item.kind {
        ItemKind::Message(message) if (message.role == Role::Assistant) == by_model => {
            Some(texts(&message.content).into_iter().chain(refusals(&message.content)))
        }
        _ => None,
    });
    // A sign stands for what a side has to say and did not.
    instructions.chain(messages.flatten()).filter(|text| *text != "…").flat_map(str::split_whitespace).collect()
}

/// A request without places, and with every default that the way spells out.
fn neutral(mut request: Request) -> String {
    request.items_origin = Origin::default();
    request.stream.include_usage = true;
    // How calls are spelled for the caller is known from the caller's own request.
    request.call_style = CallStyle::Tools;
    // An encoder asks for what it needs, and an upstream that stores nothing knows no items by their ids.
    request.include.clear();
    if let Some(logprobs) = &mut request.output.logprobs
        && logprobs.top.as_ref().is_some_and(|top| top.value == 0)
    {
        logprobs.top = None;
    }
    request.items.retain(|item| !matches!(item.kind, ItemKind::Reasoning(_)));
    for Item { kind, .. } in &mut request.items {
        match kind {
            ItemKind::Message(Message { content, id, status, .. }) => {
                (*id, *status) = (None, None);
                spell_out(content);
            }
            ItemKind::ToolResult(result) => {
                (result.id, result.status) = (None, None);
                spell_out(&mut result.output);
            }
            ItemKind::ToolCall(call) => (call.id, call.status) = (None, None),
            ItemKind::Reasoning(_) | ItemKind::ImageGeneration(_) | ItemKind::Opaque(_) => {}
        }
    }
    for tool in &mut request.tools {
        // A group goes out, and comes back, as the beginning of its tools' names.
        if let Tool::Function(FunctionTool { name, namespace, .. }) | Tool::Custom(CustomTool { name, namespace, .. }) =
            tool
            && let Some(namespace) = namespace.take()
        {
            *name = format!("{namespace}__{name}");
        }
        if let Tool::Function(tool) = tool
            && tool.parameters.as_ref().is_some_and(|schema| schema.text() == r#"{"type":"object","properties":{}}"#)
        {
            tool.parameters = None;
        }
    }
    without_places(&format!("{request:#?}"))
}

fn spell_out(content: &mut Content) {
    if let Content::Parts(parts) = content {
        for Part { kind, .. } in parts {
            if let PartKind::Image(ImagePart { detail, .. }) = kind {
                detail.get_or_insert_with(|| "auto".to_owned());
            }
        }
    }
}

fn without_places(text: &str) -> String {
    let is_place = |line: &&str| !line.trim_start().starts_with("origin: Origin(");
    text.lines().filter(is_place).collect::<Vec<_>>().join("\n")
}
