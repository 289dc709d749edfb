//! A profile of one's own: what a backend takes, where it lives and what its clients like, as a TOML file says it.
//!
//! The backend here is a replay of recorded traffic, so that what it was sent can be shown.
//!
//! ```sh
//! cargo run -p interlingua-executor --example profile
//! ```
#![expect(clippy::print_stdout, reason = "a program talks to its terminal")]

use std::error::Error;

use interlingua_executor::{Config, Executor, Profile, Reply};
use interlingua_replay::Replay;
use interlingua_translate::{Api, Translator};

/// A model server that speaks Chat, an older one.
const PROFILE: &str = r#"
[chat]
developer_as_system = true
legacy_max_tokens = true
plain_text = true
refused = ["store", "temperature"]

[backend]
key_header = "api-key"
headers = [["x-team", "search"]]

[style]
message_joiner = "\n"
"#;

/// What a client of the other API asks.
const ASKED: &str = r#"{
    "model": "gpt-4.1-mini",
    "input": [
        {"role": "developer", "content": [{"type": "input_text", "text": "Answer in one sentence."}]},
        {"role": "user", "content": "What is an interlingua?"}
    ],
    "temperature": 0.2,
    "max_output_tokens": 200
}"#;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = Replay::embedded().spawn().await?;
    // A key that there is not is refused with the nearest right one, so a slip of the pen does not pass for a default.
    let mut profile: Profile = toml::from_str(PROFILE)?;
    profile.backend.base_url = Some(server.base_url().parse()?);

    // What clients like is their translator's to know, the rest is the executor's.
    let translator = Translator { style: profile.style.clone(), ..Translator::new(Api::Responses) };
    let executor = Executor::over_http(Config::from(profile))?.with_bearer("the backend's key")?;
    let answer = executor.ask(translator.read(ASKED.as_bytes())?).await?;

    let sent = server.log().last().ok_or("nothing was sent")?;
    println!("POST {}", sent.path);
    println!("x-team: {}", sent.header("x-team").unwrap_or_default());
    println!("api-key is there: {}", sent.header_names.iter().any(|name| name == "api-key"));
    println!("{}", String::from_utf8_lossy(&sent.request));
    for loss in &answer.meta.losses {
        println!("lost: {loss}");
    }
    let Reply::Whole(response) = answer.value else { return Err("no stream was asked for".into()) };
    println!("{}", String::from_utf8_lossy(&response));
    Ok(())
}
