//! What goes over a connection, counted where it leaves: how often a reply is written, and that nothing of it waits.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use interlingua_translate::Api;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::sync::Notify;
use tokio::time::timeout;

use super::*;
use crate::app::App;
use crate::{Config, Target, Upstream, UpstreamConfig, routes};

/// Nothing here takes longer.
const LONG: Duration = Duration::from_secs(20);

/// A socket that counts what is written to it.
struct Counted {
    socket: TcpStream,
    writes: Arc<AtomicUsize>,
}

impl AsyncRead for Counted {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_read(cx, buf)
    }
}

impl AsyncWrite for Counted {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.writes.fetch_add(1, Ordering::SeqCst);
        Pin::new(&mut self.socket).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.writes.fetch_add(1, Ordering::SeqCst);
        Pin::new(&mut self.socket).poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

/// How the upstream sends its events.
#[derive(Clone)]
enum Way {
    /// All of them in one write.
    Burst,
    /// Each of them only when the one before has been seen.
    Lockstep(Arc<Notify>),
}

/// The events of a reply, each as a chunk of the body. Those of `said` are the text.
fn events(api: Api, said: &[String]) -> Vec<String> {
    let text = said.concat();
    let bodies: Vec<String> = match api {
        Api::Responses => {
            let place = r#""item_id":"msg_1","output_index":0,"content_index":0"#;
            let item = |status: &str, content: &str| {
                format!(
                    r#"{{"id":"msg_1","type":"message","status":"{status}","role":"assistant","content":[{content}]}}"#
                )
            };
            let part = |text: &str| format!(r#"{{"type":"output_text","text":"{text}","annotations":[]}}"#);
            let response = |status: &str, output: &str| {
                format!(
                    r#""response":{{"id":"resp_1","object":"response","created_at":1,"status":"{status}","error":null,"model":"m","output":[{output}]}}"#
                )
            };
            let event = |kind: &str, rest: &str| format!("event: {kind}\ndata: {{\"type\":\"{kind}\",{rest}}}\n\n");
            let done = item("completed", &part(&text));
            let mut all = vec![
                [
                    event("response.created", &response("in_progress", "")),
                    event(
                        "response.output_item.added",
                        &format!(r#""output_index":0,"item":{}"#, item("in_progress", "")),
                    ),
                    event("response.content_part.added", &format!(r#"{place},"part":{}"#, part(""))),
                ]
                .concat(),
            ];
            all.extend(
                said.iter().map(|said| event("response.output_text.delta", &format!(r#"{place},"delta":"{said}""#))),
            );
            all.push(event("response.output_item.done", &format!(r#""output_index":0,"item":{done}"#)));
            all.push(event("response.completed", &response("completed", &done)));
            all
        }
        Api::Chat | Api::Messages => {
            let chunk = |delta: &str, reason: &str| {
                format!(
                    "data: {{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{{\"index\":0,\"delta\":{{{delta}}},\"finish_reason\":{reason}}}]}}\n\n"
                )
            };
            let mut all = vec![chunk(r#""role":"assistant","content":"""#, "null")];
            all.extend(said.iter().map(|said| chunk(&format!(r#""content":"{said}""#), "null")));
            all.push(chunk("", r#""stop""#));
            all.push("data: [DONE]\n\n".to_owned());
            all
        }
    };
    bodies.iter().map(|body| format!("{:x}\r\n{body}\r\n", body.len())).collect()
}

/// An upstream that answers with these events, one request a connection.
async fn upstream(events: Vec<String>, way: Way) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut read = [0; 4096];
        let mut request = Vec::new();
        while !request.ends_with(b"}") {
            let count = socket.read(&mut read).await.unwrap();
            request.extend_from_slice(read.get(..count).unwrap());
        }
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
        match way {
            Way::Burst => {
                socket.write_all([head, &events.concat(), "0\r\n\r\n"].concat().as_bytes()).await.unwrap();
            }
            Way::Lockstep(seen) => {
                socket.set_nodelay(true).unwrap();
                socket.write_all(head.as_bytes()).await.unwrap();
                let (ends, texts) = (events.len() - 2, &events[1..]);
                socket.write_all(events[0].as_bytes()).await.unwrap();
                for event in &texts[..ends - 1] {
                    socket.write_all(event.as_bytes()).await.unwrap();
                    seen.notified().await;
                }
                socket.write_all([&*events[ends..].concat(), "0\r\n\r\n"].concat().as_bytes()).await.unwrap();
            }
        }
        // The gateway says when it is over.
        let _ = socket.read(&mut read).await;
    });
    format!("http://{address}/v1")
}

/// Asks a gateway over such an upstream, with `look` at all that has come by then, and gives that and the number of writes.
async fn asked(client: Api, api: Api, said: &[String], way: Way, mut look: impl FnMut(&str)) -> (String, usize) {
    let url = upstream(events(api, said), way).await;
    let config =
        UpstreamConfig { target: Some(Target::Url(url.parse().unwrap())), api: Some(api), ..Default::default() };
    let upstream = Upstream::open(config).await.unwrap();
    let app =
        Arc::new(App::new(Config { store: crate::StoreConfig::Off, ..Config::default() }, upstream.into()).unwrap());
    let service = TowerToHyperService::new(routes::router(Arc::clone(&app)));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut socket = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let writes = Arc::new(AtomicUsize::new(0));
    let counted = Counted { socket: listener.accept().await.unwrap().0, writes: Arc::clone(&writes) };
    at_once(&counted.socket);
    let serving = tokio::spawn(http(Limits::default()).serve_connection(TokioIo::new(counted), service));
    let (path, input) = if client == Api::Chat { ("chat/completions", "messages") } else { ("responses", "input") };
    let body = format!(r#"{{"model":"m","stream":true,"{input}":[{{"role":"user","content":"hi"}}]}}"#);
    let length = body.len();
    let head = format!(
        "POST /v1/{path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n"
    );
    socket.write_all([head, body].concat().as_bytes()).await.unwrap();
    let mut all = Vec::new();
    let mut piece = vec![0; 64 * 1024];
    loop {
        let read = timeout(LONG, socket.read(&mut piece)).await.expect("the next event comes").unwrap();
        if read == 0 {
            break;
        }
        all.extend_from_slice(piece.get(..read).unwrap());
        look(&String::from_utf8_lossy(&all));
    }
    serving.await.unwrap().unwrap();
    (String::from_utf8(all).unwrap(), writes.load(Ordering::SeqCst))
}

const PAIRS: [(Api, Api); 4] = [
    (Api::Chat, Api::Responses),
    (Api::Responses, Api::Chat),
    (Api::Chat, Api::Chat),
    (Api::Responses, Api::Responses),
];

#[tokio::test]
async fn what_comes_at_once_leaves_at_once() {
    let said: Vec<String> = (0..200).map(|place| format!("word{place} ")).collect();
    for (client, api) in PAIRS {
        let (reply, writes) = asked(client, api, &said, Way::Burst, |_| {}).await;
        assert!(reply.starts_with("HTTP/1.1 200 OK\r\n") && reply.ends_with("0\r\n\r\n"), "{reply}");
        assert!(said.iter().all(|said| reply.contains(said.as_str())), "{client} over {api}: {reply}");
        // As often as the upstream's socket is read, which takes several reads for so much.
        assert!((1..=6).contains(&writes), "{client} over {api}: {writes} writes");
    }
}

#[tokio::test]
async fn nothing_waits_for_what_comes_later() {
    let said: Vec<String> = (0..20).map(|place| format!("word{place} ")).collect();
    for (client, api) in PAIRS {
        let seen = Arc::new(Notify::new());
        let mut next = said.iter();
        let mut awaited = next.next();
        let way = Way::Lockstep(Arc::clone(&seen));
        let (reply, writes) = asked(client, api, &said, way, |all| {
            while let Some(word) = awaited.filter(|word| all.contains(word.as_str())) {
                assert_eq!(word, said.iter().rfind(|word| all.contains(word.as_str())).unwrap(), "one at a time");
                awaited = next.next();
                seen.notify_one();
            }
        })
        .await;
        assert!(awaited.is_none() && reply.ends_with("0\r\n\r\n"), "{client} over {api}: {reply}");
        // The head goes along with the first event, and what ends the reply may come with the last or behind it.
        assert!((said.len()..=said.len() + 3).contains(&writes), "{client} over {api}: {writes} writes");
    }
}
