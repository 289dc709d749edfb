//! A program that is told to end while a login is being renewed, and one that cannot save it.
#![cfg(unix)]
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may fail as tests do")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::Scratch;

/// A token that ended in 2001, and one that lasts until 2100.
const OLD: &str = "eyJhbGciOiJub25lIn0.eyJleHAiOjEwMDAwMDAwMDB9.c2ln";
const NEW: &str = "eyJhbGciOiJub25lIn0.eyJleHAiOjQxMDI0NDQ4MDB9.c2ln";

/// Issuer and backend in one. It says when it is asked to renew the login, and takes its time to do so.
struct World {
    url: String,
    asked: mpsc::Receiver<()>,
}

impl World {
    fn start(pause: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (asking, asked) = mpsc::channel();
        std::thread::spawn(move || {
            for socket in listener.incoming() {
                let asking = asking.clone();
                std::thread::spawn(move || serve(socket.unwrap(), &asking, pause));
            }
        });
        Self { url, asked }
    }

    fn logged_in() -> Scratch {
        let scratch = Scratch::new();
        std::fs::create_dir(scratch.path("home")).unwrap();
        let tokens =
            json!({"id_token": OLD, "access_token": OLD, "refresh_token": "the-first", "account_id": "acct-1"});
        scratch.file("home/auth.json", json!({"auth_mode": "chatgpt", "tokens": tokens}).to_string());
        scratch
    }

    fn command(&self, scratch: &Scratch, command: &str) -> Command {
        let base_url = format!("{}/backend-api/codex", self.url);
        let args: &[&str] = match command {
            "serve" => &["serve", "--listen", "127.0.0.1:0", "--upstream", "codex", "--base-url", &base_url],
            "chat" => &["chat", "--upstream", "codex", "--base-url", &base_url, "hi"],
            "models" => &["models", "--upstream", "codex", "--base-url", &base_url],
            _ => &[command, "--base-url", &base_url],
        };
        let mut command = scratch.command(args);
        command.env("CODEX_REFRESH_TOKEN_URL_OVERRIDE", format!("{}/oauth/token", self.url));
        command
    }
}

/// One request. Whoever has the new token is answered, be it with nothing of use.
fn serve(mut socket: TcpStream, asking: &mpsc::Sender<()>, pause: Duration) {
    let mut reader = BufReader::new(socket.try_clone().unwrap());
    let (mut head, mut length) = (String::new(), 0);
    while reader.read_line(&mut head).unwrap_or(0) > 2 {
        let line = head.lines().last().unwrap().to_ascii_lowercase();
        length = line.strip_prefix("content-length: ").map_or(length, |length| length.parse().unwrap());
    }
    let _ = reader.take(length).read_to_end(&mut Vec::new());
    let (status, body) = if head.starts_with("POST /oauth/token") {
        let _ = asking.send(());
        std::thread::sleep(pause);
        (200, json!({"id_token": NEW, "access_token": NEW, "refresh_token": "the-second"}))
    } else {
        (400, json!({"error": {"message": "nothing to say", "type": "invalid_request_error"}}))
    };
    let body = body.to_string();
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    );
    let _ = socket.write_all(format!("{head}{body}").as_bytes());
}

/// A gateway, and what it writes.
struct Serving {
    child: Child,
    lines: mpsc::Receiver<String>,
    address: String,
}

impl Serving {
    fn start(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let (writing, lines) = mpsc::channel();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| writing.send(line)));
        let greeting = lines.recv_timeout(Duration::from_secs(20)).unwrap();
        let address = greeting.split("http://").nth(1).unwrap().split('/').next().unwrap().to_owned();
        Self { child, lines, address }
    }

    /// Asks something, in a thread of its own: an answer is not waited for.
    fn ask(&self) {
        let address = self.address.clone();
        std::thread::spawn(move || {
            let mut socket = TcpStream::connect(&address).unwrap();
            let body = json!({"model": "m", "messages": [{"role": "user", "content": "hi"}]}).to_string();
            let head = format!(
                "POST /v1/chat/completions HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            socket.write_all(format!("{head}{body}").as_bytes()).unwrap();
            let _ = socket.read_to_end(&mut Vec::new());
        });
    }

    /// Waits for a line with these words.
    fn says(&self, words: &str) -> String {
        std::iter::from_fn(|| self.lines.recv_timeout(Duration::from_secs(20)).ok())
            .find(|line| line.contains(words))
            .unwrap_or_else(|| panic!("no line with {words:?}"))
    }
}

fn send(signal: &str, child: &Child) {
    assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap().success());
}

/// The exit status, within a time in which a hanging program would not end.
fn ended(mut child: Child) -> Option<i32> {
    for _ in 0..400 {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    let _ = child.kill();
    panic!("it has not ended");
}

fn stored(scratch: &Scratch) -> Value {
    serde_json::from_slice(&std::fs::read(scratch.path("home/auth.json")).unwrap()).unwrap()
}

#[test]
fn a_signal_in_the_middle_of_a_renewal_ends_the_program_when_the_login_is_saved() {
    for signal in ["-HUP", "-TERM", "-INT"] {
        for (name, code) in [("serve", 0), ("chat", 130), ("models", 130), ("status", 130)] {
            let world = World::start(Duration::from_millis(400));
            let scratch = World::logged_in();
            let command = world.command(&scratch, name);
            let child = if name == "serve" {
                let serving = Serving::start(command);
                serving.ask();
                serving.child
            } else {
                let mut command = command;
                command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
            };
            world.asked.recv_timeout(Duration::from_secs(20)).unwrap();
            send(signal, &child);
            assert_eq!(ended(child), Some(code), "{signal} {name}");
            let tokens = &stored(&scratch)["tokens"];
            assert_eq!(
                (&tokens["refresh_token"], &tokens["access_token"]),
                (&json!("the-second"), &json!(NEW)),
                "{signal} {name}"
            );
        }
    }
}

#[test]
fn a_second_signal_ends_a_server_at_once_that_a_first_one_gives_time() {
    for (first, second) in [("-INT", "-INT"), ("-TERM", "-INT"), ("-TERM", "-TERM")] {
        // It takes what is asked, and never answers.
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let scratch = Scratch::new();
        let upstream = format!("http://{}/v1", silent.local_addr().unwrap());
        let serving = Serving::start(scratch.command(&["serve", "--listen", "127.0.0.1:0", "--upstream", &upstream]));
        serving.ask();
        let asked = silent.accept().unwrap();
        send(first, &serving.child);
        std::thread::sleep(Duration::from_millis(300));
        let mut child = serving.child;
        assert!(child.try_wait().unwrap().is_none(), "{first}: the request has its time");
        let told = Instant::now();
        send(second, &child);
        assert_eq!(ended(child), Some(0), "{first} {second}");
        assert!(told.elapsed() < Duration::from_secs(3), "{first} {second}: {:?}", told.elapsed());
        drop(asked);
    }
}

#[test]
fn a_login_that_cannot_be_saved_is_told_at_once_and_at_the_end() {
    let world = World::start(Duration::ZERO);
    let scratch = World::logged_in();
    let Some(command) = read_only(&scratch, &world.command(&scratch, "serve")) else { return };
    let serving = Serving::start(command);
    serving.ask();
    let line = serving.says("could not be saved");
    assert!(line.contains("WARN") && line.contains("read-only") && line.contains("auth.json"), "{line}");
    send("-TERM", &serving.child);
    let line = serving.says("error: ");
    assert!(line.contains("could not be saved") && line.contains("interlingua login"), "{line}");
    assert_eq!(ended(serving.child), Some(1));
    assert_eq!(stored(&scratch)["tokens"]["refresh_token"], "the-first");

    let world = World::start(Duration::ZERO);
    let scratch = World::logged_in();
    for command in ["chat", "status"] {
        let Some(mut sealed) = read_only(&scratch, &world.command(&scratch, command)) else { return };
        let output = sealed.output().unwrap();
        let words = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(1), "{words}");
        assert!(!words.contains("the-second") && !words.contains(NEW), "{words}");
        if command == "status" {
            assert!(words.contains("renewal    due at the next use") && words.contains("NOT SAVED"), "{words}");
        }
    }
}

/// The command in a mount namespace of its own, in which the home of the login can only be read.
fn read_only(scratch: &Scratch, command: &Command) -> Option<Command> {
    let namespace = [&["--mount"][..], &["--map-root-user", "--mount"]].into_iter().find(|flags| {
        let tried = Command::new("unshare").args(*flags).arg("true").stderr(Stdio::null()).status();
        tried.is_ok_and(|status| status.success())
    });
    let Some(namespace) = namespace else {
        let _ = writeln!(std::io::stdout(), "skipped: no mount namespace can be made here (unshare --mount)");
        return None;
    };
    let mut unshared = Command::new("unshare");
    unshared.args(namespace);
    unshared.args(["sh", "-ec", r#"mount --bind "$1" "$1"; mount -o remount,bind,ro "$1"; shift; exec "$@""#, "sh"]);
    unshared.arg(scratch.path("home")).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => unshared.env(name, value),
            None => unshared.env_remove(name),
        };
    }
    Some(unshared)
}
