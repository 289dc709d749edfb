//! `interlingua serve`: the gateway.

mod file;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use interlingua_gateway::{Config, Gateway, InboundKey, Upstream};
use interlingua_translate::Policy;
use tracing_subscriber::EnvFilter;

use crate::runtime::told_to_stop;
use crate::terminal::{self, Paint};
use crate::upstream::UpstreamArgs;

/// Serve Chat Completions clients over any upstream
///
/// The caller's own key is passed on where OPENAI_API_KEY is not set, but never to codex. To be reached from other
/// machines a key is demanded of callers, in INTERLINGUA_INBOUND_KEY. Logs go to stderr, by RUST_LOG.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where to listen [default: 127.0.0.1:4141]
    #[arg(long, env = "INTERLINGUA_LISTEN", value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    #[command(flatten)]
    upstream: UpstreamArgs,
    /// Refuse requests that cannot be translated without a change of meaning
    #[arg(long)]
    strict: bool,
    /// A TOML file with listen, upstream, dialect, base_url, profile, strict and inbound_key
    #[arg(long, env = "INTERLINGUA_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Runs the command.
pub(crate) async fn run(args: Args) -> Result<ExitCode> {
    let Args { listen, upstream, strict, config } = args;
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(Paint::on(&io::stderr()).is_on())
        .with_target(false)
        .init();
    let file = config.as_deref().map(file::read).transpose()?.unwrap_or_default();
    let inbound_key = std::env::var("INTERLINGUA_INBOUND_KEY").ok().or(file.inbound_key).filter(|key| !key.is_empty());
    let settings =
        Config { inbound_key: inbound_key.as_deref().map(InboundKey::new).transpose()?, ..Config::default() };
    let settings = Config { listen: listen.or(file.listen).unwrap_or(settings.listen.clone()), ..settings };
    let mut upstream = upstream.or(file.upstream).config()?;
    if strict || file.strict {
        upstream.policy = Policy::Strict;
    }
    let upstream = Upstream::open(upstream).await.context("the upstream cannot be used")?;
    let gateway = Gateway::bind(settings, upstream).await?;
    let (name, dialect) = (gateway.upstream().name(), gateway.upstream().dialect());
    terminal::to_stderr(&format!(
        "interlingua {} serves http://{}/v1 over {name} ({dialect:?})\n",
        env!("CARGO_PKG_VERSION"),
        gateway.addr(),
    ));
    gateway.serve(told_to_stop()).await?;
    Ok(ExitCode::SUCCESS)
}
