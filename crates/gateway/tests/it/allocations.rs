//! What an event costs on its way through: allocations, counted, with everybody on one thread.
#![expect(clippy::unwrap_used, reason = "a setup that fails is a failed test")]

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use allocation_counter::measure;
use interlingua_gateway::{Config, Gateway, Target, Upstream, UpstreamConfig};
use interlingua_translate::Api;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// Nothing here takes longer.
const LONG: Duration = Duration::from_secs(60);

/// How an upstream sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pace {
    /// An event as soon as the client has the one before.
    Turns,
    /// So many events in one write.
    Bursts(usize),
}

fn chunked(data: &str) -> String {
    format!("{:x}\r\n{data}\r\n", data.len())
}

/// A reply of so many deltas, as one write each.
fn reply(api: Api, deltas: usize) -> Vec<String> {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    let event = |data: &str| chunked(&format!("data: {data}\n\n"));
    let mut writes = vec![head.to_owned()];
    match api {
        Api::Responses => {
            let item = r#""output_index":0,"item":{"id":"msg_1","type":"message","role":"assistant""#;
            writes.push(event(&format!(
                r#"{{"type":"response.output_item.added",{item},"status":"in_progress","content":[]}}}}"#
            )));
            let place = r#""item_id":"msg_1","output_index":0,"content_index":0,"logprobs":[]"#;
            writes.extend((0..deltas).map(|number| {
                let number = 10_000 + number;
                event(&format!(
                    r#"{{"type":"response.output_text.delta","sequence_number":{number},{place},"delta":"word "}}"#
                ))
            }));
            let response = r#""response":{"id":"resp_1","object":"response","created_at":1,"model":"m","status":"completed","output":[]}"#;
            writes.push(event(&format!(r#"{{"type":"response.completed",{response}}}"#)) + "0\r\n\r\n");
        }
        Api::Chat | Api::Messages => {
            let chunk = |delta: &str, finish: &str| {
                let choice = format!(r#"{{"index":0,"delta":{delta},"finish_reason":{finish}}}"#);
                event(&format!(
                    r#"{{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{choice}]}}"#
                ))
            };
            writes.extend((0..deltas).map(|_| chunk(r#"{"content":"word "}"#, "null")));
            writes.push(chunk("{}", "\"stop\"") + &event("[DONE]") + "0\r\n\r\n");
        }
    }
    // All the rest at once: the connection is free when the reply is over.
    writes
}

/// An upstream that answers each connection with the replies in turn, and waits for its turn before each write.
async fn upstream(listener: TcpListener, replies: Vec<Vec<String>>, turns: Arc<Semaphore>) {
    let mut buffer = vec![0; 64 * 1024];
    let (mut socket, _) = listener.accept().await.unwrap();
    socket.set_nodelay(true).unwrap();
    for writes in replies {
        // A request is small enough to come at once.
        assert!(socket.read(&mut buffer).await.unwrap() > 0);
        for write in writes {
            turns.acquire().await.unwrap().forget();
            socket.write_all(write.as_bytes()).await.unwrap();
        }
    }
    assert_eq!(socket.read(&mut buffer).await.unwrap_or_default(), 0);
}

/// Asks, reads the reply, and gives the upstream a turn whenever there is something new. Returns how many reads it took.
async fn asked(socket: &mut TcpStream, request: &[u8], buffer: &mut [u8], turns: &Semaphore) -> usize {
    /// Some writes bring the client nothing: the head, and the beginning of a message.
    const NOTHING_COMES: Duration = Duration::from_millis(100);
    socket.write_all(request).await.unwrap();
    let (mut filled, mut reads) = (0, 0);
    loop {
        turns.add_permits(1);
        let Ok(read) = timeout(NOTHING_COMES, socket.read(buffer.get_mut(filled..).unwrap())).await else { continue };
        let read = read.unwrap();
        filled += read;
        reads += 1;
        let all = buffer.get(..filled).unwrap();
        assert!(read > 0 && !all.windows(8).rev().take(1024).any(|word| word == b"\"error\":"), "it ended early");
        if all.ends_with(b"\r\n0\r\n\r\n") {
            return reads;
        }
    }
}

/// What a thousand events more cost, in a gateway between this client and this upstream: allocations, and bytes of them.
fn per_thousand(client: Api, upstream_api: Api, pace: Pace) -> (u64, u64) {
    const FEW: usize = 200;
    const MANY: usize = FEW + 1_000;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (mut socket, request, turns) = runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let target = format!("http://{}/v1", listener.local_addr().unwrap());
        let turns = Arc::new(Semaphore::new(0));
        let writes = |deltas| {
            let writes = reply(upstream_api, deltas);
            match pace {
                Pace::Turns => writes,
                Pace::Bursts(events) => writes.chunks(events).map(<[String]>::concat).collect(),
            }
        };
        let replies = [MANY, FEW, MANY].map(writes).into();
        tokio::spawn(upstream(listener, replies, Arc::clone(&turns)));
        let upstream = Upstream::open(UpstreamConfig {
            target: Some(Target::Url(target.parse().unwrap())),
            api: Some(upstream_api),
            ..UpstreamConfig::default()
        });
        let config = Config { listen: "127.0.0.1:0".to_owned(), ..Config::default() };
        let gateway = Gateway::bind(config, upstream.await.unwrap()).await.unwrap();
        let address = gateway.addr();
        tokio::spawn(gateway.serve(std::future::pending()));
        let (path, input) = match client {
            Api::Chat => ("chat/completions", "messages"),
            Api::Messages => ("messages", "messages"),
            Api::Responses => ("responses", "input"),
        };
        let body = json!({"model": "m", "stream": true, "max_tokens": 99, input: [{"role": "user", "content": "hi"}]});
        let body = if client == Api::Responses {
            body.to_string().replace("max_tokens", "max_output_tokens")
        } else {
            body.to_string()
        };
        let mut request = format!("POST /v1/{path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n");
        write!(request, "content-length: {}\r\n\r\n{body}", body.len()).unwrap();
        let socket = TcpStream::connect(address).await.unwrap();
        socket.set_nodelay(true).unwrap();
        (socket, request, turns)
    });
    let mut buffer = vec![0; 4 * 1024 * 1024];
    let mut cost = |deltas: usize| {
        let mut reads = 0;
        let spent = measure(|| {
            let asked = asked(&mut socket, request.as_bytes(), &mut buffer, &turns);
            reads = runtime.block_on(async { timeout(LONG, asked).await.unwrap() });
        });
        let expected = match pace {
            Pace::Turns => deltas,
            Pace::Bursts(events) => deltas / events,
        };
        assert!(
            reads >= expected * 9 / 10,
            "{client} over {upstream_api}: {reads} reads for {deltas} deltas, {pace:?}"
        );
        (spent.count_total, spent.bytes_total)
    };
    // The first reply makes what all others use again.
    cost(MANY);
    let (few, many) = (cost(FEW), cost(MANY));
    (many.0.saturating_sub(few.0), many.1.saturating_sub(few.1))
}

/// What a thousand events may cost that come alone, and a thousand of which fifty come at once. Alone each has to be carried:
/// that is one piece of memory, which the client's connection is given. What is more is the encoder's of that API.
const BOUNDS: [(Api, Api, u64, u64); 6] = [
    (Api::Chat, Api::Chat, 1_020, 60),
    (Api::Chat, Api::Responses, 1_020, 60),
    (Api::Responses, Api::Chat, 2_020, 1_060),
    (Api::Responses, Api::Responses, 1_020, 60),
    (Api::Messages, Api::Chat, 2_020, 1_060),
    (Api::Messages, Api::Responses, 3_020, 2_060),
];

#[test]
fn an_event_costs_what_carries_it_and_no_more() {
    for (client, upstream, most_alone, most_together) in BOUNDS {
        for (pace, most) in [(Pace::Turns, most_alone), (Pace::Bursts(50), most_together)] {
            let (spent, _) = per_thousand(client, upstream, pace);
            assert!(spent <= most, "{client} over {upstream}: {spent} allocations for a thousand events, {pace:?}");
        }
    }
}

/// What is large is read, translated and written in memory that is there already: to take that from the system and give it back
/// for each reply costs more than all the rest. What is more than that are the texts, which are kept to be compared with.
#[test]
fn events_that_come_at_once_are_carried_in_memory_that_is_there() {
    let (_, bytes) = per_thousand(Api::Chat, Api::Responses, Pace::Bursts(200));
    assert!(bytes <= 40 * 1024, "{bytes} bytes are allocated for a thousand events");
}
