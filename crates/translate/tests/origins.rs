//! Places in replies are places in the upstream's document, whichever API the client speaks.
#![cfg(test)]

mod support;

use interlingua_model::{Content, Fold, Item, ItemKind, Message, Origin, Request, Response, Role};
use interlingua_translate::{Api, Loss, Outcome, Policy, Translator, Upstream};
use support::{fixtures, recordings, stamp};

/// What the paths of an API's replies begin with.
fn words(api: Api) -> &'static [&'static str] {
    match api {
        Api::Chat => &["choices", "usage"],
        Api::Responses => &["error", "incomplete_details", "output", "status", "usage"],
        Api::Messages => {
            &["content", "context_management", "container", "stop_details", "stop_reason", "stop_sequence", "usage"]
        }
    }
}

const PAIRS: [(Api, Api); 9] = [
    (Api::Chat, Api::Chat),
    (Api::Chat, Api::Responses),
    (Api::Chat, Api::Messages),
    (Api::Responses, Api::Chat),
    (Api::Responses, Api::Responses),
    (Api::Responses, Api::Messages),
    (Api::Messages, Api::Chat),
    (Api::Messages, Api::Responses),
    (Api::Messages, Api::Messages),
];

/// A request of a client that streams, or does not; what it asks for does not matter to the places of its reply.
fn asked(client: Api, is_streamed: bool, functions: bool) -> Vec<u8> {
    let body = match (client, functions) {
        (Api::Chat, true) => r#"{"model":"m","messages":[{"role":"user","content":"hi"}],"functions":[{"name":"f"}]"#,
        (Api::Chat, false) => r#"{"model":"m","messages":[{"role":"user","content":"hi"}]"#,
        (Api::Responses, _) => r#"{"model":"m","input":"hi""#,
        (Api::Messages, _) => r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"hi"}]"#,
    };
    format!("{body},\"stream\":{is_streamed}}}").into_bytes()
}

/// Translates a reply, however it comes and however it was asked for.
fn reply(upstream: Api, client: Api, is_streamed: bool, functions: bool, bytes: &[u8]) -> Outcome {
    translate(upstream, client, is_streamed, functions, bytes).0
}

fn translate(upstream: Api, client: Api, is_streamed: bool, functions: bool, bytes: &[u8]) -> (Outcome, String) {
    let request = asked(client, is_streamed, functions);
    let outgoing = Translator::new(client).request(&request, &Upstream::usual(upstream), stamp()).unwrap();
    let mut answer = outgoing.reply.answer();
    let mut out = Vec::new();
    answer.bytes(bytes, &mut out);
    let outcome = answer.finish(&mut out);
    (outcome, String::from_utf8(out).unwrap())
}

fn replies(api: Api) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for case in fixtures(api) {
        for file in ["response.json", "stream.sse"] {
            all.extend(case.file(file).map(|bytes| (format!("{}/{file}", case.name), bytes)));
        }
    }
    all.extend(recordings(&format!("{}_json", api.name())));
    all.extend(recordings(&format!("{}_stream", api.name())));
    all
}

#[test]
fn every_loss_of_a_reply_is_told_in_the_upstream_s_words() {
    let mut seen = 0;
    for (upstream, client) in PAIRS {
        for (name, bytes) in replies(upstream) {
            for is_streamed in [false, true] {
                for Loss { path, code, detail } in reply(upstream, client, is_streamed, false, &bytes).losses {
                    let first = path.split(['.', '[']).next().unwrap_or_default();
                    let is_known = match code.as_str() {
                        // Of an event that nobody knows the kind is told.
                        "unknown_event" => true,
                        // Fields that no reference has are called what the upstream calls them.
                        "unknown_field" | "dropped_telemetry" => {
                            String::from_utf8_lossy(&bytes).contains(&format!("\"{first}\""))
                        }
                        _ => words(upstream).contains(&first),
                    };
                    assert!(is_known, "{name} for a {client} client: {path}: {detail}");
                    seen += 1;
                }
            }
        }
    }
    assert!(seen > 100, "{seen}");
}

#[test]
fn folding_a_reply_that_was_told_as_events_keeps_every_place() {
    let mut seen = 0;
    for api in Api::ALL {
        for (name, bytes) in replies(*api) {
            let Some(reply) = folded(*api, &bytes) else { continue };
            let is_placed = reply.items.iter().all(|item| item.origin != Origin::default());
            assert!(is_placed && reply.origins.finish != Origin::default(), "{name}");
            let mut fold = Fold::default();
            reply.clone().into_events(&mut fold);
            assert_eq!(fold.finish().unwrap(), reply, "{name}");
            seen += 1;
        }
    }
    assert!(seen > 50, "{seen}");
}

/// A reply, whole or streamed, as the model has it.
fn folded(api: Api, bytes: &[u8]) -> Option<Response> {
    let mut request = Request::new("m");
    let kind = ItemKind::Message(Message::new(Role::User, Content::Text("hi".to_owned())));
    request.items.push(Item::new(Origin::default(), kind));
    let mut events = Upstream::usual(api).request(request, Policy::Lenient, stamp()).unwrap().reply.events();
    let mut fold = Fold::default();
    events.bytes(bytes, &mut fold);
    let _ = events.finish(&mut fold);
    fold.finish().ok()
}

#[test]
fn an_annotation_that_only_another_api_knows_is_lost_where_it_stood() {
    let whole =
        br#"{"choices":[{"message":{"content":"Hi","annotations":[{"type":"url_citation","url_citation":{"url":"u"}},
        {"type":"hologram","beam":1}]},"finish_reason":"stop"}]}"#;
    let stream = br#"data: {"choices":[{"delta":{"content":"Hi","annotations":[{"type":"hologram","beam":1}]}}]}

data: {"choices":[{"delta":{},"finish_reason":"stop"}]}

data: [DONE]

"#;
    for is_streamed in [false, true] {
        for (bytes, path) in
            [(&whole[..], "choices[0].message.annotations[1]"), (&stream[..], "choices[0].delta.annotations")]
        {
            let paths: Vec<_> = reply(Api::Chat, Api::Responses, is_streamed, false, bytes)
                .losses
                .into_iter()
                .map(|loss| loss.path)
                .collect();
            assert_eq!(paths, [path]);
            assert_eq!(reply(Api::Chat, Api::Chat, is_streamed, false, bytes).losses, []);
        }
    }
}

#[test]
fn a_refused_reply_names_the_place_in_the_upstream_s_document() {
    let call =
        |number| format!(r#"{{"id":"call_{number}","type":"function","function":{{"name":"f","arguments":"{{}}"}}}}"#);
    let whole = format!(
        r#"{{"choices":[{{"message":{{"tool_calls":[{},{}]}},"finish_reason":"tool_calls"}}]}}"#,
        call(1),
        call(2)
    );
    for is_streamed in [false, true] {
        let failure = reply(Api::Chat, Api::Chat, is_streamed, true, whole.as_bytes()).failure().unwrap();
        assert!(failure.message.contains("choices[0].message.tool_calls[1]"), "{}", failure.message);
    }
    let whole =
        br#"{"status":"completed","output":[{"type":"message","content":[]},{"type":"computer_call","call_id":"c"}]}"#;
    for is_streamed in [false, true] {
        let failure = reply(Api::Responses, Api::Chat, is_streamed, false, whole).failure().unwrap();
        assert!(failure.message.contains("output[1]"), "{}", failure.message);
        assert_eq!(reply(Api::Responses, Api::Responses, is_streamed, false, whole).failure(), None);
    }
}

#[test]
fn a_part_that_only_one_api_knows_is_lost_where_it_stood_and_itself_to_its_own() {
    let item = r#"{"type":"message","id":"msg_1","role":"assistant","status":"completed","content":[{"type":"output_text","text":"Hi","annotations":[]},{"type":"hologram","beam":1.0}]}"#;
    let whole = format!(r#"{{"id":"resp_1","status":"completed","output":[{item}]}}"#);
    let stream = format!(
        "data: {{\"type\":\"response.output_item.done\",\"output_index\":0,\"item\":{item}}}\n\n\
         data: {{\"type\":\"response.completed\",\"response\":{whole}}}\n\n"
    );
    for is_streamed in [false, true] {
        for bytes in [whole.as_bytes(), stream.as_bytes()] {
            let losses = reply(Api::Responses, Api::Chat, is_streamed, false, bytes).losses;
            assert_eq!(losses.into_iter().map(|loss| loss.path).collect::<Vec<_>>(), ["output[0].content[1]"]);
            let (outcome, written) = translate(Api::Responses, Api::Responses, is_streamed, false, bytes);
            assert_eq!(outcome.losses, []);
            assert!(written.contains(r#"{"type":"hologram","beam":1.0}"#), "{written}");
        }
    }
}
