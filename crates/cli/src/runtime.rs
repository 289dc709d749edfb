//! Running a command that waits for things.

use std::process::ExitCode;
use std::time::Duration;

use crate::terminal;

/// Runs a command to its end and says what went wrong.
pub(crate) fn run(command: impl Future<Output = anyhow::Result<ExitCode>>) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            terminal::to_stderr(&format!("error: no threads can be started: {error}\n"));
            return ExitCode::FAILURE;
        }
    };
    let code = told(runtime.block_on(command));
    // A thread that reads a terminal cannot be stopped, and is not waited for.
    runtime.shutdown_timeout(Duration::from_millis(100));
    code
}

/// The exit status, and what went wrong.
pub(crate) fn told(ended: anyhow::Result<ExitCode>) -> ExitCode {
    ended.unwrap_or_else(|error| {
        let error = terminal::harmless(&format!("{error:#}"));
        terminal::to_stderr(&format!("error: {error}\n"));
        ExitCode::FAILURE
    })
}

/// Ready when the person or the system wants an end: Ctrl-C, or SIGTERM where there is such a thing.
pub(crate) async fn told_to_stop() {
    let interrupted = async {
        // Without a handler the signal does what it always does.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let terminated = async {
            match signal(SignalKind::terminate()) {
                Ok(mut signal) => signal.recv().await,
                Err(_) => std::future::pending().await,
            }
        };
        tokio::select! {
            () = interrupted => {}
            _ = terminated => {}
        }
    }
    #[cfg(not(unix))]
    interrupted.await;
}

/// The exit status of a command that was interrupted, as shells have it.
pub(crate) const INTERRUPTED: u8 = 130;
