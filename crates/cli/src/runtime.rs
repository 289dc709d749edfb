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

/// Ready when the person or the system wants an end: Ctrl-C, or SIGTERM or SIGHUP where there are such things. A terminal
/// that is closed is no reason to lose a login.
///
/// Signals are listened for from the call on, whenever the future is waited for.
pub(crate) fn told_to_stop() -> impl Future<Output = ()> {
    let (end, hangup) = (told_to_end(), signals::hung_up());
    async {
        tokio::select! {
            () = end => {}
            () = hangup => {}
        }
    }
}

/// The same where SIGHUP means something else.
pub(crate) fn told_to_end() -> impl Future<Output = ()> {
    let (interrupted, terminated) = (signals::interrupted(), signals::terminated());
    async {
        tokio::select! {
            () = interrupted => {}
            () = terminated => {}
        }
    }
}

/// Ready when somebody does not want to wait for the end: at the second Ctrl-C or SIGTERM from the call on.
pub(crate) fn told_twice() -> impl Future<Output = ()> {
    signals::ended_twice()
}

#[cfg(unix)]
mod signals {
    use tokio::signal::unix::{SignalKind, signal};

    pub(super) fn ended_twice() -> impl Future<Output = ()> {
        let both = signal(SignalKind::interrupt()).and_then(|one| Ok((one, signal(SignalKind::terminate())?)));
        async {
            let Ok((mut interrupted, mut terminated)) = both else { return std::future::pending().await };
            for _ in 0..2 {
                tokio::select! {
                    _ = interrupted.recv() => {}
                    _ = terminated.recv() => {}
                }
            }
        }
    }

    pub(super) fn interrupted() -> impl Future<Output = ()> {
        heard(SignalKind::interrupt())
    }

    pub(super) fn terminated() -> impl Future<Output = ()> {
        heard(SignalKind::terminate())
    }

    pub(super) fn hung_up() -> impl Future<Output = ()> {
        heard(SignalKind::hangup())
    }

    fn heard(kind: SignalKind) -> impl Future<Output = ()> {
        let signal = signal(kind);
        async {
            match signal {
                Ok(mut signal) => _ = signal.recv().await,
                // Without a handler the signal does what it always does.
                Err(_) => std::future::pending().await,
            }
        }
    }
}

#[cfg(not(unix))]
mod signals {
    pub(super) async fn ended_twice() {
        interrupted().await;
        interrupted().await;
    }

    pub(super) async fn interrupted() {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    pub(super) async fn terminated() {
        std::future::pending().await
    }

    pub(super) async fn hung_up() {
        std::future::pending().await
    }
}

/// The exit status of a command that was interrupted, as shells have it.
pub(crate) const INTERRUPTED: u8 = 130;
