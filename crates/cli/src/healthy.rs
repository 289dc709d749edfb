//! `interlingua healthy`: whether a gateway answers, for whoever watches over it.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use interlingua_executor::{HttpSettings, Proxy};

/// Exit with 0 if a gateway answers where this one would listen, for container health checks
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where it listens [default: 127.0.0.1:4141]
    #[arg(long, env = "INTERLINGUA_LISTEN", value_name = "ADDRESS:PORT")]
    listen: Option<String>,
}

/// How long it may take to say so.
const PATIENCE: Duration = Duration::from_secs(3);

/// Runs the command.
pub(crate) async fn run(args: Args) -> Result<ExitCode> {
    let listen = args.listen.unwrap_or_else(|| interlingua_gateway::Config::default().listen);
    // What listens at every address answers at this one.
    let at = listen.replace("0.0.0.0:", "127.0.0.1:").replace("[::]:", "[::1]:");
    let client = HttpSettings { proxy: Proxy::Direct, ..HttpSettings::default() }.client()?;
    let asked = client.http().get(format!("http://{at}/healthz")).timeout(PATIENCE).send().await;
    let status = asked.with_context(|| format!("no gateway answers at {at}"))?.status();
    if !status.is_success() {
        bail!("what answers at {at} says {status}");
    }
    Ok(ExitCode::SUCCESS)
}
