//! `interlingua chat`: one answer in the terminal.

mod answer;

use std::io::{self, IsTerminal, Read};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result};
use futures_util::StreamExt;
use interlingua_executor::{Error, Reply};
use interlingua_gateway::Upstream;
use interlingua_sse::{Eof, Parser};
use interlingua_translate::{Api, Translator};
use serde_json::json;

use self::answer::Answer;
use crate::keys;
use crate::runtime::{INTERRUPTED, told_to_stop};
use crate::upstream::UpstreamArgs;

/// Ask one question; the answer alone goes to stdout, everything about it to stderr
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The question; `-` reads it from stdin
    prompt: String,
    /// Who is to answer
    #[arg(long, env = "INTERLINGUA_MODEL", default_value = "gpt-5.5")]
    model: String,
    #[command(flatten)]
    upstream: UpstreamArgs,
}

/// Runs the command.
pub(crate) async fn run(args: Args) -> Result<ExitCode> {
    let upstream = Upstream::open(args.upstream.config()?).await?;
    let asked = tokio::select! {
        asked = ask(&args, &upstream) => asked.map(|()| ExitCode::SUCCESS),
        () = told_to_stop() => Ok(ExitCode::from(INTERRUPTED)),
    };
    let settled = upstream.settled().await;
    let code = asked?;
    settled?;
    Ok(code)
}

async fn ask(args: &Args, upstream: &Upstream) -> Result<()> {
    let mut prompt = args.prompt.clone();
    if prompt == "-" {
        prompt.clear();
        io::stdin().lock().read_to_string(&mut prompt).context("the question cannot be read from stdin")?;
    }
    let request = json!({
        "model": args.model,
        "messages": [{"role": "user", "content": prompt}],
        "stream": true,
        "stream_options": {"include_usage": true},
    });
    let asked = Translator::new(Api::Chat).read(request.to_string().as_bytes())?;
    let begun = Instant::now();
    let reply = upstream.executor().ask(asked).await.map_err(|error| explain(error, upstream.api()))?;
    let mut answer = Answer::new(begun, io::stdout().is_terminal());
    for loss in &reply.meta.losses {
        answer.note(&format!("lost: {loss}"));
    }
    match reply.value {
        Reply::Whole(body) => answer.whole(serde_json::from_slice(&body)?)?,
        Reply::Stream(mut bytes) => {
            let mut parser = Parser::new();
            loop {
                let next = bytes.next().await;
                match &next {
                    Some(bytes) => _ = parser.feed(bytes),
                    None => parser.end(Eof::Discard),
                }
                while let Some(event) = parser.next_event()? {
                    answer.event(event.data)?;
                }
                if next.is_none() {
                    break;
                }
            }
        }
    }
    answer.finish()
}

/// The error, and what to do where that is clear.
fn explain(error: Error, api: Api) -> anyhow::Error {
    let is_refused = error.status() == interlingua_gateway::StatusCode::UNAUTHORIZED;
    let error = anyhow::Error::new(error);
    if is_refused {
        let variables = keys::variables(api);
        error.context(format!("set {variables}, or use --upstream codex after `interlingua login`"))
    } else {
        error
    }
}
