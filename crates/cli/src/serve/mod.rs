//! `interlingua serve`: the gateway.

mod file;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use interlingua_gateway::{Config, Gateway, InboundKey, Upstream};
use interlingua_translate::Policy;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt};

use crate::runtime::told_to_stop;
use crate::terminal::{self, Paint};
use crate::upstream::UpstreamArgs;

/// Serve clients of every API over any upstream
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
    /// A name or address by which it may be asked without a key, besides those of this machine; may be repeated
    #[arg(long, value_name = "HOST")]
    allowed_host: Vec<String>,
    /// A TOML file with listen, upstream, dialect, base_url, profile, strict, inbound_key and allowed_hosts
    #[arg(long, env = "INTERLINGUA_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Runs the command.
pub(crate) async fn run(args: Args) -> Result<ExitCode> {
    let Args { listen, upstream, strict, allowed_host, config } = args;
    let lines = fmt::layer().with_writer(io::stderr).with_ansi(Paint::on(&io::stderr()).is_on()).with_target(false);
    tracing_subscriber::registry().with(lines.with_filter(log_filter(std::env::var("RUST_LOG").ok()))).init();
    let file = config.as_deref().map(file::read).transpose()?.unwrap_or_default();
    let inbound_key = std::env::var("INTERLINGUA_INBOUND_KEY").ok().or(file.inbound_key).filter(|key| !key.is_empty());
    let settings = Config {
        inbound_key: inbound_key.as_deref().map(InboundKey::new).transpose()?,
        allowed_hosts: [file.allowed_hosts, allowed_host].concat(),
        ..Config::default()
    };
    let settings = Config { listen: listen.or(file.listen).unwrap_or(settings.listen.clone()), ..settings };
    let mut upstream = upstream.or(file.upstream).config()?;
    if strict || file.strict {
        upstream.policy = Policy::Strict;
    }
    let upstream = Upstream::open(upstream).await.context("the upstream cannot be used")?;
    let over = format!("{} ({})", upstream.name(), upstream.api().title());
    let gateway = Gateway::bind(settings, upstream).await?;
    terminal::to_stderr(&format!(
        "interlingua {} serves http://{}/v1 over {over}\n",
        env!("CARGO_PKG_VERSION"),
        gateway.addr(),
    ));
    gateway.serve(told_to_stop()).await?;
    Ok(ExitCode::SUCCESS)
}

/// What is logged: `info`, or what RUST_LOG says, such as `warn` or `info,interlingua_gateway=debug`.
fn log_filter(directives: Option<String>) -> Targets {
    let directives = directives.filter(|directives| !directives.trim().is_empty());
    directives
        .and_then(|directives| directives.parse().ok())
        .unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO))
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::filter::LevelFilter;

    use super::log_filter;

    #[test]
    fn what_is_logged_is_info_unless_the_environment_says_otherwise() {
        for none in [None, Some(""), Some(" "), Some("a=b=c")] {
            assert_eq!(log_filter(none.map(str::to_owned)).default_level(), Some(LevelFilter::INFO), "{none:?}");
        }
        let filter = log_filter(Some("warn,interlingua_gateway=debug".to_owned()));
        assert_eq!(filter.default_level(), Some(LevelFilter::WARN));
        assert!(filter.would_enable("interlingua_gateway::access", &tracing::Level::DEBUG));
        assert!(!filter.would_enable("hyper", &tracing::Level::INFO));
    }
}
