//! The configuration file: what is wrong with it, what it means, and what a running gateway makes of a change.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail as tests do")]

use std::io::Read as _;
use std::net::TcpStream;

use crate::support::{Scratch, Serving};

const TWO: &str = r#"
listen = "127.0.0.1:0"
[aliases]
fast = "gpt-5.4"
[[upstream]]
name = "recorded"
kind = "replay"
models = ["gpt-*"]
fallback = ["other"]
[[upstream]]
name = "other"
kind = "replay"
api = "chat"
models = ["llama*"]
"#;

#[test]
fn a_sound_file_is_told_by_its_upstreams() {
    let scratch = Scratch::new();
    let run = scratch.run(&["config", "check", &scratch.file("a.toml", TWO)]);
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{run:?}");
    let lines: Vec<&str> = run.out.lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(lines.iter().any(|line| line.starts_with("recorded: Responses at 127.0.0.1:")), "{run:?}");
    assert!(lines.iter().any(|line| line.starts_with("other: Chat Completions at 127.0.0.1:")), "{run:?}");
}

#[test]
fn what_is_wrong_is_told_with_its_line_or_its_upstream() {
    let one = |keys: &str| format!("[[upstream]]\nname = \"a\"\n{keys}\n");
    for (text, said) in [
        ("\nlisen = \"x\"".to_owned(), "wrong in line 2: `lisen` is no key here; did you mean `listen`?"),
        (one("modles = []"), "wrong in line 3: `modles` is no key here; did you mean `models`?"),
        (one(""), "upstream `a`: it has neither `kind` nor `url`, and `name` is `a`"),
        (
            one("kind = \"opnai\""),
            "`kind` is `opnai`, which is none of codex, openai, anthropic, replay and the profiles",
        ),
        (one("url = \"ftp://x\""), "upstream `a`: `url`"),
        (one("kind = \"replay\"\nkey_env = \"NOWHERE_SET\""), "its key is in NOWHERE_SET, and that is not set"),
        (one("kind = \"replay\"\nkey_file = \"missing.key\""), "missing.key cannot be read"),
        (one("kind = \"replay\"\nkey_file = \"/\""), "/ is no file with a key in it"),
        (one("kind = \"replay\"\ncodex_home = \"x\""), "`codex_home` is for the kind `codex`"),
        (one("kind = \"replay\"\nfallback = [\"b\"]"), "`a` falls back on `b`, and the upstreams are a"),
        (one("kind = \"replay\"\napi = \"chta\""), "wrong in line 4"),
        (one("kind = \"replay\"\nprofile = \"opnai\""), "opnai"),
        (
            one("kind = \"replay\"\n[upstream.profile.chat]\nrefused = [\"sevice_tier\"]"),
            "did you mean `service_tier`?",
        ),
        ([one("kind = \"replay\""), one("kind = \"replay\"")].concat(), "two upstreams are called `a`"),
    ] {
        let scratch = Scratch::new();
        let run = scratch.run(&["config", "check", &scratch.file("a.toml", &text)]);
        assert_eq!((run.code, run.out.as_str()), (Some(1), ""), "{text}\n{run:?}");
        assert!(run.err.contains(said), "{text}\n{run:?}");
    }
}

#[test]
fn a_key_is_shown_once_and_its_hash_opens_the_door() {
    let scratch = Scratch::new();
    let made = scratch.run(&["config", "key", "laptop"]);
    let key = made.out.trim();
    assert!(made.code == Some(0) && key.starts_with("ilk_") && key.len() == 68, "{made:?}");
    let table = made.err.split_once("[[key]]").unwrap().1;
    assert!(!table.contains(key));
    let path = scratch.file("a.toml", format!("listen = \"127.0.0.1:0\"\nupstream = \"replay\"\n[[key]]{table}"));
    assert_eq!(scratch.run(&["config", "check", &path]).code, Some(0));
    let serving = Serving::start(scratch.command(&["serve", "--config", &path]));
    let models = "GET /v1/models";
    assert!(ask(&serving.base_url(), models).starts_with("HTTP/1.1 401"));
    let answer = ask_with(&serving.base_url(), models, key);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let twice = format!("upstream = \"replay\"\n[[key]]{table}\n[[key]]{table}");
    let run = scratch.run(&["config", "check", &scratch.file("b.toml", twice)]);
    assert!(run.code == Some(1) && run.err.contains("two keys `laptop`"), "{run:?}");
}

#[test]
fn the_example_is_sound_but_for_what_it_needs() {
    let scratch = Scratch::new();
    let example = scratch.run(&["config", "example"]);
    assert_eq!(example.code, Some(0));
    // There is no login here, and the file says that there is one.
    let run = scratch.run(&["config", "check", &scratch.file("a.toml", &example.out)]);
    assert!(
        run.code == Some(1) && run.err.contains("upstream `codex`") && run.err.contains("interlingua login"),
        "{run:?}"
    );
}

/// The bytes of an answer to a plain request.
fn ask(base_url: &str, request: &str) -> String {
    ask_with(base_url, request, "none-such")
}

/// The same with a key.
fn ask_with(base_url: &str, request: &str, key: &str) -> String {
    use std::io::Write as _;
    let authority = base_url.trim_start_matches("http://").split('/').next().unwrap();
    let mut connection = TcpStream::connect(authority).unwrap();
    let (head, body) = request.split_once('\n').unwrap_or((request, ""));
    write!(
        connection,
        "{head} HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    answer
}

const HELLO: &str =
    "POST /v1/chat/completions\n{\"model\":\"MODEL\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}";

#[test]
fn a_running_gateway_reads_its_file_again_and_keeps_it_where_it_is_wrong() {
    let scratch = Scratch::new();
    let path = scratch.file("a.toml", TWO);
    let serving = Serving::start(scratch.command(&["serve", "--config", &path]));
    assert!(serving.greeting.contains("over recorded at 127.0.0.1:"), "{}", serving.greeting);
    let base_url = serving.base_url();
    let listen = base_url.trim_start_matches("http://").trim_end_matches("/v1").to_owned();
    let status = |model: &str| {
        let answer = ask(&base_url, &HELLO.replace("MODEL", model));
        answer.split(' ').nth(1).unwrap().to_owned()
    };
    assert_eq!((status("fast"), status("gpt-5.4"), status("new-1")), ("200".into(), "200".into(), "404".into()));

    let reload = || scratch.run(&["config", "reload", &path, "--listen", &listen]);
    scratch.file("a.toml", TWO.replace("models = [\"gpt-*\"]", "modles = []"));
    let run = reload();
    assert!(run.code == Some(1) && run.err.contains("did you mean `models`?"), "{run:?}");
    // The command reads the file for the key; the gateway itself says the same.
    let answer = ask(&base_url, "POST /reload\n");
    assert!(answer.contains("409") && answer.contains("the old one stays") && answer.contains("line"), "{answer}");
    assert_eq!((status("gpt-5.4"), status("new-1")), ("200".into(), "404".into()));

    scratch.file("a.toml", TWO.replace("\"gpt-*\"", "\"new-*\""));
    let run = reload();
    assert_eq!((run.code, run.out.as_str()), (Some(0), "reloaded\n"), "{run:?}");
    assert_eq!((status("gpt-5.4"), status("new-1")), ("404".into(), "200".into()));
}

#[test]
fn an_upstream_on_the_command_line_is_the_only_one() {
    let scratch = Scratch::new();
    let path = scratch.file("a.toml", TWO);
    let flags = ["serve", "--config", &path, "--upstream", "replay", "--efforts-in-names", "--alias", "slow=gpt-5.4"];
    let serving = Serving::start(scratch.command(&flags));
    assert!(!serving.greeting.contains("recorded"), "{}", serving.greeting);
    for _ in 0..2 {
        let answer = ask(&serving.base_url(), &HELLO.replace("MODEL", "slow-high"));
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        let answer = ask(&serving.base_url(), "POST /reload\n");
        assert!(answer.contains("reloaded"), "{answer}");
    }
}
