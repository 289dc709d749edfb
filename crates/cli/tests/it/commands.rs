//! The commands that speak HTTP, run as a person runs them, over the replay.

use std::time::{Duration, Instant};

use crate::support::{Scratch, Serving};

const REPLAY: [&str; 2] = ["--upstream", "replay"];

#[test]
fn the_demonstration_shows_both_sides_and_ends() {
    let begun = Instant::now();
    let run = Scratch::new().run(&["demo"]);
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{run:?}");
    assert!(begun.elapsed() < Duration::from_secs(15));
    for part in [
        "/chat/completions",
        "POST /v1/responses",
        "max_output_tokens: 200",
        "response.output_text.delta \" interlingua\"",
        "delta.content \" interlingua\"",
        "finish_reason: stop",
        "[DONE]",
        "An interlingua is a language between languages",
        "interlingua serve --upstream replay",
        "curl -N http://127.0.0.1:4141/v1/chat/completions",
    ] {
        assert!(run.out.contains(part), "{part}\n{}", run.out);
    }
    assert!(!run.out.contains('\u{1b}'), "no colour into a pipe");
}

#[test]
fn the_demonstration_shows_any_pair() {
    let apis = ["chat", "responses", "messages"];
    for from in apis {
        for to in apis {
            let run = Scratch::new().run(&["demo", "--from", from, "--to", to]);
            assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{from} {to}: {run:?}");
            let path = |api: &str| if api == "chat" { "chat/completions".to_owned() } else { api.to_owned() };
            assert!(run.out.contains(&format!("The upstream is asked: POST /v1/{}\n", path(to))), "{}", run.out);
            assert!(run.out.contains(&format!("4141/v1/{} -H", path(from))), "{}", run.out);
            let answer = if to == "messages" { "Hello! How can I help you today?" } else { "An interlingua is a" };
            assert!(run.out.contains(answer), "{from} {to}: {}", run.out);
            let (left, right) = match (from, to) {
                ("messages", "responses") => {
                    ("response.output_text.delta \" interlingua\"", "content_block_delta \" interlingua\"")
                }
                ("responses", "messages") => {
                    ("content_block_delta \"w can I h\"", "response.output_text.delta \"w can I h\"")
                }
                _ => ("", ""),
            };
            let rows = |row: &str| row.find(left).zip(row.rfind(right)).is_some_and(|(left, right)| left <= right);
            assert!(run.out.lines().any(rows), "{from} {to}: {}", run.out);
        }
    }
}

#[test]
fn chat_puts_the_answer_alone_on_stdout() {
    let run = Scratch::new().run(&[&["chat", "In one sentence, what is an interlingua?"][..], &REPLAY].concat());
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.out.starts_with("An interlingua is") && run.out.ends_with(".\n"), "{run:?}");
    assert!(run.err.contains("tokens in") && run.err.contains("s in all"), "{run:?}");

    let piped =
        Scratch::new().run_with(&[&["chat", "-"][..], &REPLAY].concat(), "In one sentence, what is an interlingua?");
    assert_eq!(piped.out, run.out);
}

#[test]
fn models_are_a_catalogue_for_the_codex_cli() {
    let run = Scratch::new().run(&[&["models", "--codex"][..], &REPLAY].concat());
    assert_eq!(run.code, Some(0), "{run:?}");
    let catalogue: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    let models = catalogue["models"].as_array().unwrap();
    assert!(!models.is_empty() && models.iter().all(|model| model["slug"].is_string()), "{catalogue}");
}

#[test]
fn models_are_listed_one_a_line() {
    let run = Scratch::new().run(&[&["models"][..], &REPLAY].concat());
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""));
    assert!(run.out.lines().count() > 0 && run.out.lines().all(|line| !line.contains(' ')), "{run:?}");
}

#[test]
fn what_cannot_be_reached_is_told_and_fails() {
    let run = Scratch::new().run(&["chat", "hi", "--upstream", "http://127.0.0.1:9"]);
    assert_eq!((run.code, run.out.as_str()), (Some(1), ""));
    assert!(run.err.contains("127.0.0.1:9 cannot be reached"), "{run:?}");
    let run = Scratch::new().run(&["chat", "hi", "--upstream", "codex"]);
    assert!(run.code == Some(1) && run.err.contains("interlingua login"), "{run:?}");
}

#[test]
#[cfg(unix)]
fn the_gateway_serves_chat_and_ends_on_ctrl_c() {
    let scratch = Scratch::new();
    let serving = Serving::start(scratch.command(&[&["serve", "--listen", "127.0.0.1:0"][..], &REPLAY].concat()));
    let url = serving.base_url();
    let run = scratch.run(&["chat", "hi", "--upstream", &url]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(!run.out.trim().is_empty());
    assert_eq!(serving.interrupt(), Some(0));
}

#[test]
fn the_gateway_does_not_open_to_everybody() {
    let run = Scratch::new().run(&[&["serve", "--listen", "0.0.0.0:0"][..], &REPLAY].concat());
    assert_eq!(run.code, Some(1));
    assert!(run.err.contains("inbound key"), "{run:?}");
    let scratch = Scratch::new();
    let mut command = scratch.command(&[&["serve", "--listen", "0.0.0.0:0"][..], &REPLAY].concat());
    command.env("INTERLINGUA_INBOUND_KEY", "let-me-in");
    assert!(Serving::start(command).greeting.contains("http://0.0.0.0:"));
}

#[test]
fn settings_come_from_the_file_then_the_environment_then_the_flags() {
    let scratch = Scratch::new();
    let file = scratch.file("gateway.toml", "listen = \"127.0.0.3:0\"\nupstream = \"replay\"\ndialect = \"chat\"\n");
    let start = |more: &[&str], listen: Option<&str>| {
        let mut command = scratch.command(&[&["serve", "--config", &file][..], more].concat());
        command.envs(listen.map(|listen| ("INTERLINGUA_LISTEN", listen)));
        Serving::start(command).greeting.clone()
    };
    let greeting = start(&[], None);
    assert!(greeting.contains("//127.0.0.3:") && greeting.contains("(Chat Completions)"), "{greeting}");
    assert!(start(&[], Some("127.0.0.2:0")).contains("//127.0.0.2:"));
    let greeting = start(&["--listen", "127.0.0.1:0", "--dialect", "responses"], Some("127.0.0.2:0"));
    assert!(greeting.contains("//127.0.0.1:") && greeting.contains("(Responses)"), "{greeting}");
}

#[test]
fn a_wrong_settings_file_is_told_by_line_and_keeps_its_secret() {
    let scratch = Scratch::new();
    for (text, line, word) in [
        ("upstream = \"replay\"\ninbound_kee = \"hush-hush\"\n", "line 2", "inbound_kee"),
        ("inbound_key = [\"hush-hush\"]\n", "line 1", "string"),
    ] {
        let file = scratch.file("gateway.toml", text);
        let run = scratch.run(&["serve", "--config", &file]);
        assert_eq!(run.code, Some(1));
        assert!(run.err.contains(line) && run.err.contains(word) && !run.err.contains("hush"), "{run:?}");
    }
}

#[test]
fn status_and_logout_tell_when_there_is_no_login() {
    let scratch = Scratch::new();
    let run = scratch.run(&["status"]);
    assert!(run.code == Some(1) && run.out.contains("not logged in"), "{run:?}");
    let run = scratch.run(&["logout"]);
    assert!(run.code == Some(0) && run.err.contains("no login"), "{run:?}");
}

#[test]
fn profiles_are_listed_and_one_is_printed_as_the_file_that_it_is() {
    let scratch = Scratch::new();
    let list = scratch.run(&["profiles"]);
    assert_eq!((list.code, list.err.as_str()), (Some(0), ""), "{list:?}");
    let line = |name: &str| list.out.lines().find(|line| line.starts_with(&format!("{name} "))).unwrap_or_default();
    for (name, words) in [
        ("deepseek", ["chat", " proven", "https://api.deepseek.com/v1", "DEEPSEEK_API_KEY"]),
        ("kimi", ["chat", " unproven", "https://api.moonshot.ai/v1", "MOONSHOT_API_KEY"]),
    ] {
        assert!(words.iter().all(|word| line(name).contains(word)), "{}", line(name));
    }
    let one = scratch.run(&["profiles", "deepseek"]);
    assert_eq!(one.code, Some(0), "{one:?}");
    let file = scratch.file("own.toml", &one.out);
    let request = r#"{"model":"m","input":"q","reasoning":{"effort":"none"}}"#;
    let translated = |profile: &str| {
        let args = ["translate", "request", "--from", "responses", "--to", "chat", "--profile", profile];
        scratch.run_with(&args, request)
    };
    let (by_name, by_file) = (translated("deepseek"), translated(&file));
    assert!(by_name.out.contains(r#""thinking":{"type":"disabled"}"#), "{by_name:?}");
    assert_eq!(by_name.out, by_file.out);
    let none = scratch.run(&["profiles", "deepsek"]);
    assert_eq!(none.code, Some(1));
    assert!(none.err.contains("there is no ready profile `deepsek`; there are anthropic-chat, azure"), "{none:?}");
}
