//! What the benchmarks measure: traffic of a realistic shape, made on the spot, and the work done on it.

mod upstream;

use interlingua_sse::{Parser, write_event};
use interlingua_translate::{Api, Outgoing, Reply, Stamp, Translator, Upstream};
use interlingua_wire as wire;
use std::fmt::Write as _;

pub use upstream::{STREAM_HEAD, next_request};

/// A Responses stream with all envelope fields: a reasoning summary, 2,000 text deltas and a call in 200 argument
/// deltas.
pub fn responses_stream() -> Vec<u8> {
    let mut stream = Stream::default();
    let response = r#""response":{"id":"resp_68af4030592c81938ec0a5fbab4a3e9f05438e46b5f69a3b","object":"response","created_at":1756315696,"status":"in_progress","background":false,"error":null,"incomplete_details":null,"instructions":null,"max_output_tokens":null,"model":"gpt-5.4-2026-03-05","output":[],"parallel_tool_calls":true,"previous_response_id":null,"reasoning":{"effort":"medium","summary":"auto"},"store":false,"temperature":1.0,"text":{"format":{"type":"text"}},"tool_choice":"auto","tools":[],"top_p":1.0,"truncation":"disabled","usage":null,"user":null,"metadata":{}}"#;
    stream.event("response.created", response);
    stream.event("response.in_progress", response);

    let id = r#""item_id":"rs_68af40337aa08193becb5e8a1c1d0b6005438e46b5f69a3b","output_index":0"#;
    let item = r#""output_index":0,"item":{"id":"rs_68af40337aa08193becb5e8a1c1d0b6005438e46b5f69a3b","type":"reasoning","summary":[]}"#;
    stream.event("response.output_item.added", item);
    stream.event(
        "response.reasoning_summary_part.added",
        &format!(r#"{id},"summary_index":0,"part":{{"type":"summary_text","text":""}}"#),
    );
    let mut summary = String::new();
    for n in 0..100 {
        let delta = word(n);
        summary.push_str(&delta);
        let rest = format!(r#"{id},"summary_index":0,"delta":"{delta}","obfuscation":"x8qLwG1v3Zk""#);
        stream.event("response.reasoning_summary_text.delta", &rest);
    }
    stream.event("response.reasoning_summary_text.done", &format!(r#"{id},"summary_index":0,"text":"{summary}""#));
    stream.event(
        "response.reasoning_summary_part.done",
        &format!(r#"{id},"summary_index":0,"part":{{"type":"summary_text","text":"{summary}"}}"#),
    );
    let item = format!(
        r#"{{"id":"rs_68af40337aa08193becb5e8a1c1d0b6005438e46b5f69a3b","type":"reasoning","encrypted_content":"{}","summary":[{{"type":"summary_text","text":"{summary}"}}]}}"#,
        "gAAAAABo".repeat(140)
    );
    stream.event("response.output_item.done", &format!(r#""output_index":0,"item":{item}"#));
    let mut output = item;

    let id = r#""item_id":"msg_68af4033a2b88193b1c3d4e5f6a7b8c905438e46b5f69a3b","output_index":1,"content_index":0"#;
    stream.event("response.output_item.added", r#""output_index":1,"item":{"id":"msg_68af4033a2b88193b1c3d4e5f6a7b8c905438e46b5f69a3b","type":"message","status":"in_progress","content":[],"role":"assistant"}"#);
    stream.event(
        "response.content_part.added",
        &format!(r#"{id},"part":{{"type":"output_text","annotations":[],"logprobs":[],"text":""}}"#),
    );
    let mut text = String::new();
    for n in 0..2000 {
        let delta = word(n);
        text.push_str(&delta);
        let rest = format!(r#"{id},"delta":"{delta}","logprobs":[],"obfuscation":"x8qLwG1v3Zk""#);
        stream.event("response.output_text.delta", &rest);
    }
    stream.event("response.output_text.done", &format!(r#"{id},"text":"{text}","logprobs":[]"#));
    stream.event(
        "response.content_part.done",
        &format!(r#"{id},"part":{{"type":"output_text","annotations":[],"logprobs":[],"text":"{text}"}}"#),
    );
    let item = format!(
        r#"{{"id":"msg_68af4033a2b88193b1c3d4e5f6a7b8c905438e46b5f69a3b","type":"message","status":"completed","content":[{{"type":"output_text","annotations":[],"logprobs":[],"text":"{text}"}}],"role":"assistant"}}"#
    );
    stream.event("response.output_item.done", &format!(r#""output_index":1,"item":{item}"#));
    let _ = write!(output, ",{item}");

    let id = r#""item_id":"fc_68af4035c3d88193a0b1c2d3e4f5a6b705438e46b5f69a3b","output_index":2"#;
    stream.event("response.output_item.added", r#""output_index":2,"item":{"id":"fc_68af4035c3d88193a0b1c2d3e4f5a6b705438e46b5f69a3b","type":"function_call","status":"in_progress","arguments":"","call_id":"call_Zt0Xq1yHbNnM3cVfGkLw8RpE","name":"write_file"}"#);
    let mut arguments = String::new();
    for n in 0..200 {
        let delta = word(n);
        arguments.push_str(&delta);
        stream.event(
            "response.function_call_arguments.delta",
            &format!(r#"{id},"delta":"{delta}","obfuscation":"x8qLwG1v3Zk""#),
        );
    }
    stream.event("response.function_call_arguments.done", &format!(r#"{id},"arguments":"{arguments}""#));
    let item = format!(
        r#"{{"id":"fc_68af4035c3d88193a0b1c2d3e4f5a6b705438e46b5f69a3b","type":"function_call","status":"completed","arguments":"{arguments}","call_id":"call_Zt0Xq1yHbNnM3cVfGkLw8RpE","name":"write_file"}}"#
    );
    stream.event("response.output_item.done", &format!(r#""output_index":2,"item":{item}"#));
    let _ = write!(output, ",{item}");

    let end = response.replace(r#""output":[]"#, &format!(r#""output":[{output}]"#)).replace("in_progress", "completed").replace(
        r#""usage":null"#,
        r#""usage":{"input_tokens":100,"input_tokens_details":{"cached_tokens":0},"output_tokens":2300,"output_tokens_details":{"reasoning_tokens":100},"total_tokens":2400}"#,
    );
    stream.event("response.completed", &end);
    stream.bytes
}

/// A Responses stream of one text in 208 events, 200 of them deltas: each event with its frame.
pub fn text_stream() -> impl Iterator<Item = String> {
    let response = r#""response":{"id":"resp_68af4030592c81938ec0a5fbab4a3e9f05438e46b5f69a3b","object":"response","created_at":1756315696,"status":"in_progress","error":null,"incomplete_details":null,"model":"gpt-5.4-2026-03-05","output":[],"parallel_tool_calls":true,"tool_choice":"auto","tools":[],"usage":null,"metadata":{}}"#;
    let id = r#""item_id":"msg_68af4033a2b88193b1c3d4e5f6a7b8c905438e46b5f69a3b","output_index":0,"content_index":0"#;
    let mut events = Vec::new();
    let mut event = |kind: &str, rest: &str| {
        let mut stream = Stream { bytes: Vec::new(), sequence: events.len() };
        stream.event(kind, rest);
        events.push(String::from_utf8(stream.bytes).unwrap());
    };
    event("response.created", response);
    event("response.in_progress", response);
    event(
        "response.output_item.added",
        r#""output_index":0,"item":{"id":"msg_68af4033a2b88193b1c3d4e5f6a7b8c905438e46b5f69a3b","type":"message","status":"in_progress","content":[],"role":"assistant"}"#,
    );
    event(
        "response.content_part.added",
        &format!(r#"{id},"part":{{"type":"output_text","annotations":[],"logprobs":[],"text":""}}"#),
    );
    let mut text = String::new();
    for n in 0..200 {
        let delta = word(n);
        text.push_str(&delta);
        event(
            "response.output_text.delta",
            &format!(r#"{id},"delta":"{delta}","logprobs":[],"obfuscation":"x8qLwG1v3Zk""#),
        );
    }
    event("response.output_text.done", &format!(r#"{id},"text":"{text}","logprobs":[]"#));
    let part = format!(r#"{{"type":"output_text","annotations":[],"logprobs":[],"text":"{text}"}}"#);
    event("response.content_part.done", &format!(r#"{id},"part":{part}"#));
    let item = format!(
        r#"{{"id":"msg_68af4033a2b88193b1c3d4e5f6a7b8c905438e46b5f69a3b","type":"message","status":"completed","content":[{part}],"role":"assistant"}}"#
    );
    event("response.output_item.done", &format!(r#""output_index":0,"item":{item}"#));
    let end = response.replace(r#""output":[]"#, &format!(r#""output":[{item}]"#)).replace("in_progress", "completed").replace(
        r#""usage":null"#,
        r#""usage":{"input_tokens":100,"input_tokens_details":{"cached_tokens":0},"output_tokens":200,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":300}"#,
    );
    event("response.completed", &end);
    events.into_iter()
}

#[derive(Default)]
struct Stream {
    bytes: Vec<u8>,
    sequence: usize,
}

impl Stream {
    fn event(&mut self, kind: &str, rest: &str) {
        let data = format!(r#"{{"type":"{kind}","sequence_number":{},{rest}}}"#, self.sequence);
        write_event(&mut self.bytes, Some(kind), &data);
        self.sequence += 1;
    }
}

fn word(n: usize) -> String {
    // As JSON spells them: every tenth has an escape, every tenth is not ASCII.
    ["The", " quick", r#" \"brown\""#, " fox", " springt", " \u{fc}ber", " the", " lazy", " dog", "."][n % 10]
        .to_owned()
}

/// A Chat request of 50 messages and 10 tools.
pub fn long_request() -> Vec<u8> {
    let mut messages = String::new();
    for n in 0..50 {
        let comma = if n == 0 { "" } else { "," };
        let text = "Please look at the file and tell me what the second function does. ".repeat(6);
        let _ = match n % 5 {
            0 => write!(messages, r#"{comma}{{"role":"user","content":[{{"type":"text","text":"{text}"}}]}}"#),
            1 => write!(
                messages,
                r#"{comma}{{"role":"assistant","content":null,"tool_calls":[{{"id":"call_{n}","type":"function","function":{{"name":"tool_3","arguments":"{{\"path\":\"src/main.rs\"}}"}}}}]}}"#
            ),
            2 => write!(messages, r#"{comma}{{"role":"tool","tool_call_id":"call_{}","content":"{text}"}}"#, n - 1),
            3 => write!(messages, r#"{comma}{{"role":"assistant","content":"{text}"}}"#),
            _ => write!(messages, r#"{comma}{{"role":"user","content":"{text}"}}"#),
        };
    }
    let mut tools = String::new();
    for n in 0..10 {
        let comma = if n == 0 { "" } else { "," };
        let _ = write!(
            tools,
            r#"{comma}{{"type":"function","function":{{"name":"tool_{n}","description":"Reads a file of the project and returns its text.","parameters":{{"type":"object","properties":{{"path":{{"type":"string","description":"Relative path"}},"limit":{{"type":"integer"}},"mode":{{"type":"string","enum":["text","binary"]}}}},"required":["path"],"additionalProperties":false}}}}}}"#
        );
    }
    format!(r#"{{"model":"gpt-5.4","stream":true,"messages":[{messages}],"tools":[{tools}],"tool_choice":"auto","reasoning_effort":"medium"}}"#).into_bytes()
}

/// A Chat request with a 4 MiB image.
pub fn image_request() -> Vec<u8> {
    let image = "iVBORw0KGgoAAAANSUhEUgAA".repeat(4 * 1024 * 1024 / 24);
    format!(r#"{{"model":"gpt-5.4","messages":[{{"role":"user","content":[{{"type":"text","text":"What is this?"}},{{"type":"image_url","image_url":{{"url":"data:image/png;base64,{image}"}}}}]}}]}}"#).into_bytes()
}

fn stamp() -> Stamp {
    Stamp { id: "bench".to_owned(), created: 0 }
}

/// What reads a stream for a client of one of OpenAI's two APIs, out of the other.
pub fn reply(client: Api) -> Reply {
    let (body, upstream): (&[u8], Api) = match client {
        Api::Chat => {
            let body = br#"{"model":"gpt-5.4","stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"hi"}]}"#;
            (body, Api::Responses)
        }
        _ => (br#"{"model":"gpt-5.4","stream":true,"input":"hi"}"#, Api::Chat),
    };
    Translator::new(client).request(body, &Upstream::usual(upstream), stamp()).unwrap().reply
}

/// The same reply as [`responses_stream`] as a Chat stream.
pub fn chat_stream() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut answer = reply(Api::Chat).answer();
    answer.bytes(&responses_stream(), &mut bytes);
    assert_eq!(answer.finish(&mut bytes).failure(), None);
    bytes
}

/// A stream's bytes to a client's, in chunks of a size; the length of what came out.
pub fn translate_stream(reply: &Reply, bytes: &[u8], chunk: usize) -> usize {
    let mut answer = reply.answer();
    let (mut out, mut total) = (Vec::with_capacity(64 * 1024), 0);
    for piece in bytes.chunks(chunk) {
        answer.bytes(piece, &mut out);
        total += out.len();
        out.clear();
    }
    assert_eq!(answer.finish(&mut out).failure(), None);
    total + out.len()
}

/// Bytes to events and no more; the length of their data.
pub fn frame(pieces: &[&[u8]]) -> usize {
    let mut parser = Parser::new();
    let mut length = 0;
    for piece in pieces {
        let mut bytes = *piece;
        while let Some(event) = parser.next_of(&mut bytes).unwrap() {
            length += event.data.len();
        }
    }
    length
}

/// The bound for a stream: the same bytes, framed and parsed into borrowed types, and nothing more.
pub fn parse_stream(bytes: &[u8], chunk: usize) -> usize {
    let mut parser = Parser::new();
    let mut count = 0;
    for piece in bytes.chunks(chunk) {
        parser.feed(piece);
        while let Some(event) = parser.next_event().unwrap() {
            std::hint::black_box(wire::responses::Event::parse(event.data, event.event).unwrap());
            count += 1;
        }
    }
    count
}

/// Chat request bytes to Responses request bytes, and what reads the reply.
pub fn translate_request(bytes: &[u8]) -> Outgoing<Reply> {
    Translator::new(Api::Chat).request(bytes, &Upstream::usual(Api::Responses), stamp()).unwrap()
}

/// The bound for a request: the same bytes, parsed into types.
pub fn parse_request(bytes: &[u8]) -> wire::chat::Request {
    serde_json::from_slice(bytes).unwrap()
}
