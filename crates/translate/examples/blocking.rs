//! The translator and a blocking HTTP client: a Chat request to an upstream that speaks Responses, its answer printed as the
//! Chat stream it becomes.
//!
//! ```sh
//! OPENAI_API_KEY=sk-... cargo run -p interlingua-translate --example blocking
//!
//! # Without a key: recorded answers, from another terminal.
//! cargo run -p interlingua-replay --example serve 8080
//! cargo run -p interlingua-translate --example blocking -- http://127.0.0.1:8080/v1
//! ```
#![expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a program has what the library does without: a clock, an environment, a terminal"
)]

use std::error::Error;
use std::io::{Read as _, Write as _};
use std::time::{SystemTime, UNIX_EPOCH};

use interlingua_translate::{Api, Stamp, Translator, Upstream};

const CHAT: &str = r#"{
    "model": "gpt-5.5",
    "messages": [{"role": "user", "content": "In one sentence, what is an interlingua?"}],
    "stop": "END",
    "stream": true
}"#;

fn main() -> Result<(), Box<dyn Error>> {
    let base_url = std::env::args().nth(1).unwrap_or_else(|| "https://api.openai.com/v1".to_owned());
    let key = std::env::var("OPENAI_API_KEY").unwrap_or_default();

    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    let stamp = Stamp { id: format!("{:x}", now.as_nanos()), created: now.as_secs() };
    let outgoing = Translator::new(Api::Chat).request(CHAT.as_bytes(), &Upstream::usual(Api::Responses), stamp)?;
    for loss in &outgoing.losses {
        eprintln!("lost: {loss}");
    }

    // The body of a refusal is read as any other: it becomes the failure at the end.
    let agent = ureq::Agent::new_with_config(ureq::Agent::config_builder().http_status_as_error(false).build());
    let reply = agent
        .post(format!("{base_url}{}", outgoing.path))
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", "application/json")
        .send(&outgoing.body)?;

    let mut upstream = reply.into_body().into_reader();
    let mut answer = outgoing.reply.answer();
    let (mut chunk, mut frames) = ([0; 8192], Vec::new());
    let outcome = loop {
        // A connection that breaks is a stream that stops: `finish` tells it from one that was done.
        let length = upstream.read(&mut chunk).unwrap_or(0);
        if length == 0 {
            break answer.finish(&mut frames);
        }
        answer.bytes(chunk.get(..length).unwrap_or_default(), &mut frames);
        std::io::stdout().write_all(&std::mem::take(&mut frames))?;
    };
    std::io::stdout().write_all(&frames)?;
    match outcome.failure() {
        Some(failure) => Err(failure.message.into()),
        None => Ok(()),
    }
}
