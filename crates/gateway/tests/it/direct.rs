//! Connections to an upstream over plain HTTP: used again, given up, and never mixed up, over a server that counts them.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a setup that fails is a failed test")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use interlingua_gateway::{Target, Upstream, UpstreamConfig};
use interlingua_translate::Api;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::support::{Setup, data, hello, serving, text};

/// Nothing here takes longer.
const LONG: Duration = Duration::from_secs(20);

/// A Chat server that says back what it is told, a word an event, and does with its connections what the model's name says.
struct Echo {
    address: String,
    /// Connections that have ever been.
    opened: Arc<AtomicUsize>,
    /// Connections that are.
    open: Arc<AtomicUsize>,
}

struct Open(Arc<AtomicUsize>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Echo {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (opened, open) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let counted = (Arc::clone(&opened), Arc::clone(&open));
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                counted.0.fetch_add(1, Ordering::SeqCst);
                counted.1.fetch_add(1, Ordering::SeqCst);
                let open = Open(Arc::clone(&counted.1));
                tokio::spawn(async move {
                    let _open = open;
                    let _ended = serve(socket).await;
                });
            }
        });
        Self { address, opened, open }
    }

    fn opened(&self) -> usize {
        self.opened.load(Ordering::SeqCst)
    }

    async fn wait_for_open(&self, most: usize) {
        let closed = async {
            while self.open.load(Ordering::SeqCst) > most {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        assert!(timeout(LONG, closed).await.is_ok(), "{} are open", self.open.load(Ordering::SeqCst));
    }

    /// A gateway in front of it.
    async fn behind(&self) -> Setup {
        let upstream = Upstream::open(UpstreamConfig {
            target: Some(Target::Url(format!("http://{}/v1", self.address).parse().unwrap())),
            api: Some(Api::Chat),
            ..UpstreamConfig::default()
        });
        serving(upstream.await.unwrap().into()).await
    }
}

async fn serve(mut socket: TcpStream) -> std::io::Result<()> {
    let mut unread = Vec::new();
    loop {
        let Some(body) = request(&mut socket, &mut unread).await? else { return Ok(()) };
        let said = body["messages"][0]["content"].as_str().unwrap_or_default().to_owned();
        let model = body["model"].as_str().unwrap_or_default().to_owned();
        let piece = |text: &str| {
            let chunk = json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [
                {"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": null}]});
            chunked(&format!("data: {chunk}\n\n"))
        };
        let end = json!({"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [
            {"index": 0, "delta": {}, "finish_reason": "stop"}]});
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
        socket.write_all(head.as_bytes()).await?;
        for word in said.split_inclusive(' ') {
            socket.write_all(piece(word).as_bytes()).await?;
            if model.contains("slow") {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }
        if model.contains("endless") {
            loop {
                socket.write_all(piece("more ").as_bytes()).await?;
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
        let end = chunked(&format!("data: {end}\n\n")) + &chunked("data: [DONE]\n\n");
        if model.contains("late") {
            // The end of the body comes by itself.
            socket.write_all(end.as_bytes()).await?;
            tokio::time::sleep(Duration::from_millis(5)).await;
            socket.write_all(b"0\r\n\r\n").await?;
        } else {
            socket.write_all(format!("{end}0\r\n\r\n").as_bytes()).await?;
        }
        if model.contains("closes") {
            return Ok(());
        }
        if model.contains("babbles") {
            socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwrong").await?;
        }
    }
}

fn chunked(data: &str) -> String {
    format!("{:x}\r\n{data}\r\n", data.len())
}

async fn request(socket: &mut TcpStream, unread: &mut Vec<u8>) -> std::io::Result<Option<Value>> {
    let mut piece = [0; 8192];
    loop {
        if let Some(end) = unread.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&unread[..end]).to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
            let whole = end + 4 + length.trim().parse::<usize>().unwrap();
            if unread.len() >= whole {
                let body = serde_json::from_slice(&unread[end + 4..whole]).unwrap();
                unread.drain(..whole);
                return Ok(Some(body));
            }
        }
        let read = socket.read(&mut piece).await?;
        if read == 0 {
            return Ok(None);
        }
        unread.extend_from_slice(&piece[..read]);
    }
}

fn asked(model: &str, said: &str) -> Value {
    let mut body = hello(true);
    body["model"] = json!(model);
    body["messages"][0]["content"] = json!(said);
    body
}

async fn said(setup: &Setup, model: &str, said: &str) -> String {
    let body = setup.ask(&asked(model, said)).await.text().await.unwrap();
    assert_eq!(data(&body).last(), Some(&"[DONE]"), "{body}");
    text(&body)
}

#[tokio::test]
async fn one_connection_serves_one_request_after_the_other() {
    let echo = Echo::start().await;
    let setup = echo.behind().await;
    for round in 0..50 {
        let words = format!("this is round {round} of many");
        assert_eq!(said(&setup, "m", &words).await, words);
    }
    assert_eq!(echo.opened(), 1);
    setup.stop().await;
}

#[tokio::test]
async fn a_connection_that_its_server_closes_is_not_used_again() {
    let echo = Echo::start().await;
    let setup = echo.behind().await;
    for round in 1..=20 {
        assert_eq!(said(&setup, "closes", "a b c").await, "a b c");
        echo.wait_for_open(0).await;
        assert_eq!(echo.opened(), round);
    }
    setup.stop().await;
}

#[tokio::test]
async fn what_comes_unasked_is_nobodys_answer() {
    let echo = Echo::start().await;
    let setup = echo.behind().await;
    for round in 0..20 {
        let words = format!("round {round}");
        assert_eq!(said(&setup, "babbles", &words).await, words);
    }
    setup.stop().await;
}

#[tokio::test]
async fn the_end_of_a_body_may_come_late() {
    let echo = Echo::start().await;
    let setup = echo.behind().await;
    for round in 0..20 {
        let words = format!("round {round}");
        assert_eq!(said(&setup, "late", &words).await, words);
    }
    setup.stop().await;
}

/// Clients that ask, read on, and leave at any time, over two threads: nobody gets another one's answer or none, whoever has
/// left costs a connection, and nobody else does.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn under_load_every_client_gets_its_own_answer_and_who_leaves_lets_go() {
    const CLIENTS: usize = 48;
    const ROUNDS: usize = 12;
    let echo = Echo::start().await;
    let setup = Arc::new(echo.behind().await);
    let left = Arc::new(AtomicUsize::new(0));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let (setup, left) = (Arc::clone(&setup), Arc::clone(&left));
            tokio::spawn(async move {
                for round in 0..ROUNDS {
                    let words = format!("client {client} round {round} ").repeat(1 + (client * 7 + round) % 40);
                    match (client + round) % 4 {
                        0 => {
                            // In the middle of an answer that would go on.
                            left.fetch_add(1, Ordering::SeqCst);
                            let mut body = setup.ask(&asked("endless", &words)).await.bytes_stream();
                            for _ in 0..=round % 3 {
                                assert!(body.next().await.unwrap().is_ok());
                            }
                        }
                        1 => {
                            // Before there is any.
                            left.fetch_add(1, Ordering::SeqCst);
                            let wait = Duration::from_micros(u64::try_from(client * 90).unwrap());
                            let _left = timeout(wait, setup.ask(&asked("slow endless", &words))).await;
                        }
                        2 => assert_eq!(said(&setup, "slow", &words).await, words),
                        _ => assert_eq!(said(&setup, "m", &words).await, words),
                    }
                }
            })
        })
        .collect();
    for client in clients {
        timeout(LONG, client).await.unwrap().unwrap();
    }
    // Those that are kept for the next request are as many as were in use at a time, at most.
    echo.wait_for_open(CLIENTS).await;
    let most = CLIENTS + left.load(Ordering::SeqCst);
    assert!(echo.opened() <= most, "{} connections, and {most} were to be expected", echo.opened());
    assert_eq!(said(&setup, "m", "still there").await, "still there");
}

/// A server that does with each connection what `serve` does, and a gateway in front of it.
async fn serving_so<F>(serve: fn(TcpStream) -> F) -> Setup
where
    F: Future<Output = std::io::Result<()>> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = format!("http://{}/v1", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(serve(socket));
        }
    });
    let upstream = Upstream::open(UpstreamConfig {
        target: Some(Target::Url(target.parse().unwrap())),
        api: Some(Api::Chat),
        ..UpstreamConfig::default()
    });
    serving(upstream.await.unwrap().into()).await
}

fn long() -> Value {
    let mut asked = hello(false);
    asked["messages"][0]["content"] = json!("x".repeat(8 * 1024 * 1024));
    asked
}

/// A request that no socket takes at once arrives whole, and a reply of an old server ends with its connection.
#[tokio::test]
async fn a_long_request_arrives_whole_and_a_reply_without_a_length_ends_with_its_connection() {
    let setup = serving_so(|mut socket| async move {
        let body = request(&mut socket, &mut Vec::new()).await?.unwrap();
        let said = body["messages"][0]["content"].as_str().unwrap_or_default().len();
        let reply = json!({"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [
            {"index": 0, "message": {"role": "assistant", "content": said.to_string()}, "finish_reason": "stop"}]});
        socket.write_all(format!("HTTP/1.0 200 OK\r\ncontent-type: application/json\r\n\r\n{reply}").as_bytes()).await
    })
    .await;
    for _ in 0..2 {
        let told: Value = serde_json::from_slice(&setup.ask(&long()).await.bytes().await.unwrap()).unwrap();
        assert_eq!(told["choices"][0]["message"]["content"], "8388608", "{told}");
    }
    setup.stop().await;
}

/// Who answers before all is said, and listens no more, is heard.
#[tokio::test]
async fn an_answer_that_comes_before_the_end_of_the_request_is_heard() {
    let setup = serving_so(|mut socket| async move {
        socket.read_exact(&mut [0; 1000]).await?;
        let error =
            json!({"error": {"message": "too long", "type": "invalid_request_error", "param": null, "code": null}})
                .to_string();
        let head = format!(
            "HTTP/1.1 413 Too Long\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            error.len()
        );
        socket.write_all((head + &error).as_bytes()).await?;
        // It does not close until the gateway does.
        tokio::time::sleep(LONG).await;
        Ok(())
    })
    .await;
    let refused = timeout(LONG / 2, setup.ask(&long())).await.unwrap();
    assert_eq!(refused.status(), 413);
    assert!(refused.text().await.unwrap().contains("too long"));
    setup.stop().await;
}
