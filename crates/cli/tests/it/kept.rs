//! A store in a file, and a gateway that is killed in the middle of its work again and again.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests may fail as tests do")]

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Scratch, Serving};

const CONVERSATIONS: usize = 1000;
const TURNS: usize = 2;
const WORKERS: usize = 8;

/// One request over a connection of its own. An error is a reply that did not come to its end.
fn send(base_url: &str, method: &str, path: &str, body: &str) -> io::Result<(u16, Value)> {
    let host = base_url.strip_prefix("http://").unwrap().split('/').next().unwrap();
    let mut connection = TcpStream::connect(host)?;
    connection.set_read_timeout(Some(Duration::from_secs(30)))?;
    let length = body.len();
    let head = format!("{method} /v1{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n");
    let head = format!("{head}content-type: application/json\r\ncontent-length: {length}\r\n\r\n");
    connection.write_all(head.as_bytes())?;
    connection.write_all(body.as_bytes())?;
    let mut reply = String::new();
    connection.read_to_string(&mut reply)?;
    let cut = || io::Error::from(io::ErrorKind::UnexpectedEof);
    let (head, body) = reply.split_once("\r\n\r\n").ok_or_else(cut)?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(cut)?;
    Ok((status, serde_json::from_str(body).map_err(|_| cut())?))
}

fn start(scratch: &Scratch) -> Serving {
    let store = scratch.path("replies");
    let store = store.to_str().unwrap();
    let flags = ["serve", "--listen", "127.0.0.1:0", "--upstream", "replay", "--dialect", "chat", "--store", store];
    let mut command = scratch.command(&flags);
    // Nobody reads what it says after its greeting.
    command.env("RUST_LOG", "off");
    Serving::start(command)
}

/// The ids of each conversation that were acknowledged, and what is still to be asked.
struct Work {
    acknowledged: Mutex<Vec<Vec<String>>>,
    waiting: Mutex<VecDeque<usize>>,
}

impl Work {
    /// Goes on with conversations until the gateway is gone or nothing is left.
    fn go_on(&self, base_url: &str, is_killed: &AtomicBool) {
        while !is_killed.load(Ordering::SeqCst) {
            let Some(conversation) = self.waiting.lock().unwrap().pop_front() else { return };
            let previous = self.acknowledged.lock().unwrap()[conversation].last().cloned();
            let question =
                json!({"model": "gpt-5.4", "input": format!("{conversation}?"), "previous_response_id": previous});
            match send(base_url, "POST", "/responses", &question.to_string()) {
                Ok((status, reply)) => {
                    assert_eq!((status, &reply["store"]), (200, &json!(true)), "{reply}");
                    let mut acknowledged = self.acknowledged.lock().unwrap();
                    acknowledged[conversation].push(reply["id"].as_str().unwrap().to_owned());
                    if acknowledged[conversation].len() < TURNS {
                        self.waiting.lock().unwrap().push_back(conversation);
                    }
                }
                Err(_) => self.waiting.lock().unwrap().push_back(conversation),
            }
        }
    }
}

#[test]
fn what_was_acknowledged_survives_a_kill_at_any_moment() {
    let scratch = Scratch::new();
    let acknowledged = Mutex::new(vec![Vec::new(); CONVERSATIONS]);
    let work = Work { acknowledged, waiting: Mutex::new((0..CONVERSATIONS).collect()) };
    let (mut kills, mut dice) = (0, 1_u64);
    while !work.waiting.lock().unwrap().is_empty() {
        let serving = start(&scratch);
        let (base_url, is_killed) = (serving.base_url(), AtomicBool::new(false));
        std::thread::scope(|scope| {
            for _ in 0..WORKERS {
                scope.spawn(|| work.go_on(&base_url, &is_killed));
            }
            // Any numbers will do, and the same ones each time.
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            std::thread::sleep(Duration::from_millis(50 + (dice >> 33) % 1000));
            is_killed.store(true, Ordering::SeqCst);
            // This is SIGKILL.
            drop(serving);
        });
        kills += 1;
        assert!(kills < 1000, "nothing comes to an end");
    }
    assert!(kills >= 3, "{kills} kills try nothing");

    let serving = start(&scratch);
    let base_url = serving.base_url();
    for ids in work.acknowledged.into_inner().unwrap() {
        assert_eq!(ids.len(), TURNS);
        let mut previous = Value::Null;
        for id in ids {
            let (status, reply) = send(&base_url, "GET", &format!("/responses/{id}"), "").unwrap();
            assert_eq!((status, &reply["previous_response_id"]), (200, &previous), "after {kills} kills: {reply}");
            previous = json!(id);
        }
    }
}
