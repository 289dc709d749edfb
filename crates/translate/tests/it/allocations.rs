//! What is counted: allocations of a stream, none for each of its events; those of a request, one or two for each text that it
//! owns; heap of a request that is mostly one picture.

use allocation_counter::measure;
use interlingua_translate::{Answer, Api, Stamp, Translator, Upstream};
use serde_json::{Value, json};

fn stamp() -> Stamp {
    Stamp { id: "1".into(), created: 0 }
}

fn answer(client: Api, upstream: Api) -> Answer {
    let input = if client == Api::Responses { "input" } else { "messages" };
    let body = json!({"model": "m", "stream": true, input: [{"role": "user", "content": "hi"}], "max_tokens": 9});
    Translator::new(client)
        .request(body.to_string().as_bytes(), &Upstream::usual(upstream), stamp())
        .unwrap()
        .reply
        .answer()
}

/// So many deltas of a thought, of a text and of arguments, every fourth with escapes; each event is as long as OpenAI's.
fn deltas(upstream: Api, count: usize) -> String {
    let events = if upstream == Api::Responses { events(count) } else { chunks(count) };
    events.iter().flat_map(|data| ["data: ", data.as_str(), "\n\n"]).collect()
}

fn words(count: usize) -> impl Iterator<Item = Value> {
    ["a", " b", "\"\n\\", "\u{fc}"].iter().cycle().take(count).map(|word| json!(word))
}

/// Written by hand, as JSON of a tree has its keys in another order than the wire, the type last.
fn events(count: usize) -> Vec<String> {
    let kinds = [
        (r#""type":"reasoning","summary":[]"#, "reasoning_summary_text", r#""summary_index":0"#),
        (r#""type":"message","role":"assistant","content":[]"#, "output_text", r#""content_index":0,"logprobs":[]"#),
        (
            r#""type":"function_call","call_id":"c","name":"f","arguments":"""#,
            "function_call_arguments",
            r#""obfuscation":"x8""#,
        ),
    ];
    let mut events = Vec::new();
    for (index, (item, kind, place)) in kinds.iter().enumerate() {
        let at = format!(r#""output_index":{index}"#);
        events.push(format!(r#"{{"type":"response.output_item.added",{at},"item":{{{item},"id":"i_{index}"}}}}"#));
        for word in words(count) {
            let number = events.len();
            events.push(format!(
                r#"{{"type":"response.{kind}.delta","sequence_number":{number},"item_id":"i_{index}",{at},{place},"delta":{word}}}"#
            ));
        }
    }
    events
}

fn chunks(count: usize) -> Vec<String> {
    let call = json!({"index": 0, "id": "call_1", "type": "function", "function": {"name": "f", "arguments": ""}});
    let thoughts = words(count).map(|word| json!({"reasoning_content": word}));
    let texts = words(count).map(|word| json!({"content": word}));
    let arguments = words(count).map(|word| json!({"tool_calls": [{"index": 0, "function": {"arguments": word}}]}));
    let deltas = thoughts.chain(texts).chain([json!({"tool_calls": [call]})]).chain(arguments);
    let chunk = |delta: Value| {
        json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m", "usage": null,
            "choices": [{"index": 0, "delta": delta, "finish_reason": null}], "obfuscation": "x8qLwG1v3Zk"})
    };
    deltas.map(|delta| chunk(delta).to_string()).collect()
}

/// Allocations of a whole stream that arrives in such pieces.
fn allocations(client: Api, upstream: Api, stream: &str, size: usize) -> u64 {
    let mut answer = answer(client, upstream);
    let mut out = Vec::with_capacity(1 << 16);
    let mut written = 0;
    let counted = measure(|| {
        for piece in stream.as_bytes().chunks(size) {
            answer.bytes(piece, &mut out);
            written += out.len();
            out.clear();
        }
    });
    assert!(written > stream.len() / 4, "{client} out of {upstream}: {written} bytes were written");
    counted.count_total
}

#[test]
fn no_delta_costs_an_allocation() {
    for (client, upstream) in [(Api::Chat, Api::Responses), (Api::Responses, Api::Chat)] {
        let streams = [deltas(upstream, 1000), deltas(upstream, 3000)];
        for size in [16 * 1024, 64, 1] {
            let [few, many] = [&streams[0], &streams[1]].map(|stream| allocations(client, upstream, stream, size));
            // Texts are kept, to be compared with what comes, and double their room now and then.
            let more = many.saturating_sub(few);
            assert!(
                more < 60,
                "{client} out of {upstream} in pieces of {size}: 6,000 more events cost {more} allocations"
            );
        }
    }
}

#[test]
fn an_event_as_long_as_may_be_costs_no_more_than_its_buffers_grow() {
    const LONG: usize = 15 * 1024 * 1024;
    for (client, upstream) in [(Api::Chat, Api::Responses), (Api::Responses, Api::Chat)] {
        let short = deltas(upstream, 2);
        let long = short.replacen("\"a\"", &format!("\"{}\"", "x".repeat(LONG)), 1);
        for size in [16 * 1024, 7] {
            let [few, many] = [&short, &long].map(|stream| allocations(client, upstream, stream, size));
            let more = many.saturating_sub(few);
            assert!(more < 150, "{client} out of {upstream} in pieces of {size}: {more} allocations for 15 MiB");
        }
    }
}

#[test]
fn a_picture_is_held_once_beside_the_body_it_came_in() {
    let picture = "iVBORw0KGgo".repeat(100_000);
    let url = format!("data:image/png;base64,{picture}");
    for (client, part) in [
        (Api::Chat, json!({"type": "image_url", "image_url": {"url": url}})),
        (Api::Responses, json!({"type": "input_image", "image_url": url})),
    ] {
        let input = if client == Api::Chat { "messages" } else { "input" };
        let body = json!({"model": "m", input: [{"role": "user", "content": [part]}]}).to_string();
        for upstream in [Api::Chat, Api::Responses] {
            let mut sent = Vec::new();
            let counted = measure(|| {
                let translator = Translator::new(client);
                sent = translator.request(body.as_bytes(), &Upstream::usual(upstream), stamp()).unwrap().body;
            });
            assert!(String::from_utf8_lossy(&sent).contains(&picture), "{client} to {upstream}: the picture is sent");
            // The block it is read into grows by what stands around it. The allocator that counts cannot grow one in place.
            let most = 2 * body.len() + body.len() / 10;
            let held = usize::try_from(counted.bytes_max).unwrap();
            assert!(held < most, "{client} to {upstream}: {held} bytes of heap for a body of {}", body.len());
        }
    }
}

#[test]
fn a_picture_that_a_server_made_is_copied_when_it_is_read_and_no_more() {
    const SIZE: usize = 4 << 20;
    let picture = "iVBOR".to_owned() + &"A".repeat(SIZE - 5);
    // In tenths of the picture.
    let copies = |bytes: u64| usize::try_from(bytes).unwrap() / (SIZE / 10);
    let item = r#""type":"image_generation_call","id":"ig_1""#;
    let event = |kind, more: String| {
        format!(r#"{{"type":"response.output_item.{kind}","output_index":0,"item":{{{item}{more}}}}}"#)
    };
    let added = event("added", String::new());
    let done = event("done", format!(r#","status":"completed","result":"{picture}""#));
    let image =
        json!([{"type": "image_url", "image_url": {"url": format!("data:image/png;base64,{picture}")}, "index": 0}]);
    let chunk = json!({"id": "1", "choices": [{"index": 0, "delta": {"images": image}}]}).to_string();
    let begun = (Api::Chat, Api::Responses, added.as_str(), &done);
    for (client, upstream, first, event) in [begun, (Api::Chat, Api::Chat, "{}", &chunk)] {
        let mut answer = answer(client, upstream);
        let mut out = Vec::with_capacity(2 * SIZE);
        let _ = answer.event(None, first, &mut out);
        let counted = measure(|| {
            let _ = answer.event(None, event, &mut out);
        });
        assert!(out.len() > SIZE, "it was told");
        let copies = copies(counted.bytes_total);
        assert!(copies <= 20, "{upstream} to {client}: {copies} tenths of the picture");
    }
    let body = json!({"model": "m", "messages": [{"role": "user", "content": "draw"},
        {"role": "assistant", "content": "a", "images": image}, {"role": "user", "content": "red"}]})
    .to_string();
    for upstream in [Api::Chat, Api::Responses] {
        let counted = measure(|| {
            Translator::new(Api::Chat).request(body.as_bytes(), &Upstream::usual(upstream), stamp()).unwrap();
        });
        let copies = copies(counted.bytes_max);
        assert!(copies <= 21, "in front of {upstream} {copies} tenths of the picture are held");
    }
}

/// A conversation of so many turns as agents have it, each of four messages with escapes in their texts, and ten tools.
fn conversation(client: Api, turns: usize) -> String {
    let text = "Look at this:\n\n\t\"fn main() {}\"\n".repeat(8);
    let arguments = r#"{"path":"src/main.rs"}"#;
    let schema = json!({"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]});
    let turn = |turn: usize| {
        let id = format!("call_{turn}");
        match client {
            Api::Chat => vec![
                json!({"role": "user", "content": [{"type": "text", "text": text}]}),
                json!({"role": "assistant", "content": null, "tool_calls":
                    [{"id": id, "type": "function", "function": {"name": "read", "arguments": arguments}}]}),
                json!({"role": "tool", "tool_call_id": id, "content": text}),
                json!({"role": "assistant", "content": text}),
            ],
            Api::Responses => vec![
                json!({"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}),
                json!({"type": "function_call", "call_id": id, "name": "read", "arguments": arguments}),
                json!({"type": "function_call_output", "call_id": id, "output": text}),
                json!({"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}),
            ],
            Api::Messages => vec![
                json!({"role": "user", "content": [{"type": "text", "text": text}]}),
                json!({"role": "assistant", "content":
                    [{"type": "tool_use", "id": id, "name": "read", "input": {"path": "src/main.rs"}}]}),
                json!({"role": "user", "content": [{"type": "tool_result", "tool_use_id": id, "content": text}]}),
                json!({"role": "assistant", "content": text}),
            ],
        }
    };
    let tool = |number: usize| {
        let (name, says) = (format!("tool_{number}"), "Reads a file.");
        match client {
            Api::Chat => {
                json!({"type": "function", "function": {"name": name, "description": says, "parameters": schema}})
            }
            Api::Responses => json!({"type": "function", "name": name, "description": says, "parameters": schema}),
            Api::Messages => json!({"name": name, "description": says, "input_schema": schema}),
        }
    };
    let input = if client == Api::Responses { "input" } else { "messages" };
    let said: Vec<Value> = (0..turns).flat_map(turn).collect();
    let tools: Vec<Value> = (0..10).map(tool).collect();
    json!({"model": "m", "stream": true, "max_tokens": 1024, input: said, "tools": tools}).to_string()
}

/// Allocations of a request on its way to an upstream.
fn of_request(client: Api, upstream: Api, body: &str) -> u64 {
    let (translator, upstream) = (Translator::new(client), Upstream::usual(upstream));
    measure(|| {
        translator.request(body.as_bytes(), &upstream, stamp()).unwrap();
    })
    .count_total
}

#[test]
fn a_request_costs_little_more_than_the_texts_it_owns() {
    use Api::{Chat, Messages, Responses};
    // Of ten turns with their tools, and of each turn more, whose texts, ids, names and arguments are seven.
    let most = [
        (Chat, [(Chat, 305, 24), (Responses, 205, 15), (Messages, 340, 26)]),
        (Responses, [(Chat, 425, 27), (Responses, 325, 18), (Messages, 465, 29)]),
        (Messages, [(Chat, 405, 29), (Responses, 305, 20), (Messages, 430, 30)]),
    ];
    for (client, upstreams) in most {
        let [ten, sixty] = [10, 60].map(|turns| conversation(client, turns));
        for (upstream, of_ten, of_one) in upstreams {
            let [ten, sixty] = [&ten, &sixty].map(|body| of_request(client, upstream, body));
            assert!(ten <= of_ten, "{client} to {upstream}: {ten} allocations for ten turns");
            let more = sixty.saturating_sub(ten);
            assert!(more <= 50 * of_one, "{client} to {upstream}: {more} allocations for fifty turns more");
        }
    }
}
