//! `interlingua demo`: both sides of the wire, without a key and without a network.

mod screen;
mod wire;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use futures_util::StreamExt;
use interlingua_executor::{Backend, Config, Executor, Reply, ReqwestTransport};
use interlingua_executor::{HttpSettings, Proxy};
use interlingua_gateway::{Gateway, HeaderMap, Target, Upstream, UpstreamConfig};
use interlingua_replay::{Faults, Log, Replay};
use interlingua_translate::{Api, Translator, Upstream as Speaks};
use tokio::sync::oneshot;

use self::screen::Screen;
use self::wire::Reader;
use crate::runtime::{INTERRUPTED, told_to_stop};
use crate::{api, terminal};

/// Watch a client of one API being answered by an upstream of another; needs no key and no network
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What the client speaks
    #[arg(long, default_value = "chat", value_parser = api::parser())]
    from: Api,
    /// What the upstream speaks
    #[arg(long, default_value = "responses", value_parser = api::parser())]
    to: Api,
}

/// What the client asks, in its API.
fn question(from: Api, to: Api) -> String {
    let asked = match from {
        Api::Chat => OF_CHAT,
        Api::Responses => OF_RESPONSES,
        Api::Messages => OF_MESSAGES,
    };
    match to {
        Api::Chat | Api::Responses => asked.to_owned(),
        // What has been recorded of that API is the answer to another one.
        Api::Messages => asked.replace("What is an interlingua?", "Say hello."),
    }
}

const OF_CHAT: &str = r#"{"model":"gpt-5.5","messages":[{"role":"system","content":"Answer in one sentence."},{"role":"user","content":"What is an interlingua?"}],"reasoning_effort":"low","max_completion_tokens":200,"stream":true,"stream_options":{"include_usage":true}}"#;
const OF_RESPONSES: &str = r#"{"model":"gpt-5.5","instructions":"Answer in one sentence.","input":"What is an interlingua?","reasoning":{"effort":"low"},"max_output_tokens":200,"stream":true}"#;
const OF_MESSAGES: &str = r#"{"model":"claude-opus-4-6","max_tokens":200,"system":"Answer in one sentence.","messages":[{"role":"user","content":"What is an interlingua?"}],"stream":true}"#;

/// The recorded answer to it.
fn case(to: Api) -> &'static str {
    match to {
        Api::Chat => "chat/text",
        Api::Responses => "responses/text",
        Api::Messages => "messages/text",
    }
}

/// How long the upstream takes for each event, so that a person can follow.
const PACE: Duration = Duration::from_millis(40);

/// How long the whole may take.
const LIMIT: Duration = Duration::from_secs(30);

/// Runs the command.
pub(crate) async fn run(args: Args) -> Result<ExitCode> {
    let Args { from, to } = args;
    tokio::select! {
        shown = tokio::time::timeout(LIMIT, show(from, to)) => {
            shown.context("the demonstration took too long")??;
            Ok(ExitCode::SUCCESS)
        }
        () = told_to_stop() => {
            terminal::to_stdout("\n")?;
            Ok(ExitCode::from(INTERRUPTED))
        }
    }
}

async fn show(from: Api, to: Api) -> Result<()> {
    let mut screen = Screen::new(from, to);
    let question = question(from, to);
    let replay = Replay::embedded().case(case(to)).faults(Faults { delay: PACE, ..Faults::default() });
    let upstream = UpstreamConfig {
        target: Some(Target::Replay),
        api: Some(to),
        replay: Some(replay),
        ..UpstreamConfig::default()
    };
    let upstream = Upstream::open(upstream).await?;
    let upstream_url = format!("http://{}/v1", upstream.name());
    let log = upstream.replay_log().context("the upstream is a replay")?;
    let settings = interlingua_gateway::Config { listen: "127.0.0.1:0".to_owned(), ..Default::default() };
    let gateway = Gateway::bind(settings, upstream).await?;
    let gateway_url = format!("http://{}/v1", gateway.addr());
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(gateway.serve(async {
        let _ = stopped.await;
    }));
    screen.title(&gateway_url, &upstream_url)?;
    screen.client_asks(&gateway_url, &question)?;
    ask(&gateway_url, from, to, question.clone(), &log, &mut screen).await?;
    screen.next_steps(&question)?;
    let _ = stop.send(());
    serving.await??;
    Ok(())
}

/// Sends the question over HTTP and shows what goes by on both sides.
async fn ask(gateway: &str, from: Api, to: Api, question: String, log: &Log, screen: &mut Screen) -> Result<()> {
    // A client like any other: it knows the gateway's address and speaks its API.
    let client = HttpSettings { proxy: Proxy::Direct, ..HttpSettings::default() }.client()?;
    let config = Config {
        backend: Backend { base_url: Some(gateway.parse()?), ..Backend::default() },
        upstream: Speaks::usual(from),
        ..Config::default()
    };
    let client = Executor::new(config, Arc::new(ReqwestTransport::new(&client)))?;
    let begun = Instant::now();
    let reply = client.pass(&Translator::new(from), question.into(), &HeaderMap::new()).await?;
    let Reply::Stream(mut chunks) = reply.value else { bail!("the gateway did not stream") };
    let exchange = log.last().context("the upstream was not asked")?;
    screen.upstream_is_asked(&exchange.path, &exchange.request)?;
    screen.answer_begins()?;
    let (mut upstream, mut client) = (Reader::default(), Reader::default());
    while let Some(bytes) = chunks.next().await {
        // What the upstream had sent by now is what these chunks were made of.
        let sent = log.last().map(|exchange| exchange.reply).unwrap_or_default();
        let events = upstream.read_on(&sent, wire::short(to))?;
        let chunks = client.read(&bytes, wire::short(from))?;
        for (event, chunk) in wire::pair(events, chunks) {
            screen.row(begun.elapsed(), event.as_ref(), chunk.as_ref())?;
        }
    }
    screen.answer_ends(begun.elapsed())?;
    Ok(())
}
