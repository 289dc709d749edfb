//! `interlingua models`: what the upstream offers.

use std::process::ExitCode;

use anyhow::Result;
use interlingua_gateway::{Upstream, codex_catalogue};

use crate::runtime::{INTERRUPTED, told_to_stop};
use crate::terminal;
use crate::upstream::UpstreamArgs;

/// List the models the upstream offers, one a line
///
/// With --codex as the file that the Codex CLI reads by `model_catalog_json` in its config.toml.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    upstream: UpstreamArgs,
    /// Write a catalogue for the Codex CLI
    #[arg(long)]
    codex: bool,
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
    let list = answer?.value;
    if args.codex {
        terminal::to_stdout(&format!("{}\n", codex_catalogue(list)))?;
        settled?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut ids: Vec<_> = list.data.unwrap_or_default().into_iter().filter_map(|model| model.id).collect();
    ids.sort_unstable();
    for id in ids {
        terminal::to_stdout(&format!("{}\n", terminal::harmless(&id)))?;
    }
    settled?;
    Ok(ExitCode::SUCCESS)
}
