//! `interlingua replay`: recorded or captured exchanges as an upstream.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use interlingua_replay::{Faults, Replay};
use tokio::net::TcpListener;

use crate::runtime::told_to_stop;
use crate::terminal;

/// Serve recorded or captured exchanges as an upstream that answers the same requests the same way
///
/// What is not recorded word for word gets the next answer of a captured session, and one fitted to it where nothing was
/// captured.
/// The folder is one that `serve --capture` wrote, or has the format of the fixtures: chat/CASE and responses/CASE.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder
    folder: PathBuf,
    /// Where to listen; a free port without it
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0")]
    listen: String,
    /// What goes wrong with every reply, such as delay=100ms, cut=3, status=429 or html; several with `;` between them
    #[arg(long, default_value = "")]
    faults: Faults,
}

/// Runs the command.
pub(crate) async fn run(args: Args) -> Result<ExitCode> {
    let Args { folder, listen, faults } = args;
    let replay = Replay::from_dir(&folder)?.faults(faults);
    let cases = replay.cases().count();
    let listener = TcpListener::bind(&listen).await.with_context(|| format!("cannot listen at {listen}"))?;
    let url = format!("http://{}/v1", listener.local_addr()?);
    terminal::to_stderr(&format!(
        "{cases} exchanges at {url}\ntry: interlingua serve --upstream {url} --dialect responses (or chat)\n"
    ));
    tokio::select! {
        ended = replay.serve(listener) => ended.context("the server stopped")?,
        () = told_to_stop() => {}
    }
    Ok(ExitCode::SUCCESS)
}
