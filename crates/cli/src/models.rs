//! `interlingua models`: what the upstream offers.

use std::process::ExitCode;

use anyhow::Result;
use interlingua_gateway::Upstream;

use crate::runtime::{INTERRUPTED, told_to_stop};
use crate::terminal;
use crate::upstream::UpstreamArgs;

/// List the models the upstream offers, one a line
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    upstream: UpstreamArgs,
}

/// Runs the command.
pub(crate) async fn run(args: Args) -> Result<ExitCode> {
    let upstream = Upstream::open(args.upstream.config()?).await?;
    let answer = tokio::select! {
        answer = upstream.executor().models() => Some(answer),
        () = told_to_stop() => None,
    };
    let settled = upstream.settled().await;
    let Some(answer) = answer else { return Ok(ExitCode::from(INTERRUPTED)) };
    let mut ids: Vec<_> = answer?.value.data.unwrap_or_default().into_iter().filter_map(|model| model.id).collect();
    ids.sort_unstable();
    for id in ids {
        terminal::to_stdout(&format!("{}\n", terminal::harmless(&id)))?;
    }
    settled?;
    Ok(ExitCode::SUCCESS)
}
