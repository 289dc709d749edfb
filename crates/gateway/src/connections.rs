//! Connections: heads within limits, and an end that lets replies come to theirs.

use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use interlingua_executor::one_line;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::Limits;
use crate::word::Word;

/// Serves until `stop` is ready, takes no more connections from then on, and is ready when all of them have ended.
pub(crate) async fn serve(listener: TcpListener, router: Router, limits: Limits, stop: impl Future<Output = ()>) {
    let http = http(limits);
    let service = TowerToHyperService::new(router);
    // Each connection holds a receiver of the one, which tells it to end, and a sender of the other, which is gone then.
    let (stopping, _) = watch::channel(());
    let (open, mut over) = tokio::sync::mpsc::channel::<()>(1);
    let mut stop = pin!(stop);
    loop {
        let connection = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((connection, _)) => connection,
                Err(error) => {
                    pause(&error).await;
                    continue;
                }
            },
            () = &mut stop => break,
        };
        let (http, service, open) = (http.clone(), service.clone(), open.clone());
        // What comes is that the sender is gone.
        let mut told = Word::new(stopping.subscribe(), |mut told| async move { _ = told.changed().await });
        tokio::spawn(async move {
            at_once(&connection);
            let mut connection = pin!(http.serve_connection(TokioIo::new(connection), service).with_upgrades());
            let ended = poll_fn(|cx| match connection.as_mut().poll(cx) {
                Poll::Ready(ended) => Poll::Ready(Some(ended)),
                Poll::Pending => told.poll(cx).map(|()| None),
            });
            let ended = if let Some(ended) = ended.await {
                ended
            } else {
                connection.as_mut().graceful_shutdown();
                connection.await
            };
            if let Err(error) = ended {
                tracing::debug!(error = %one_line(error), "a connection ended early");
            }
            drop(open);
        });
    }
    drop((listener, stopping, open));
    // Nothing is ever sent: this is the end of the last of them.
    let _ = over.recv().await;
}

/// How heads are read, and within which limits.
fn http(limits: Limits) -> http1::Builder {
    /// What is read at once, and what waits at most for a client that does not read, in bytes.
    const BUFFER: usize = 64 * 1024;
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(limits.head).max_header_size(limits.head_size);
    http.max_buf_size(BUFFER.max(limits.head_size));
    http
}

/// Small events are worth nothing late.
fn at_once(connection: &TcpStream) {
    if let Err(error) = connection.set_nodelay(true) {
        tracing::debug!(error = %one_line(error), "a connection keeps its delay");
    }
}

/// What is wrong with one connection is its client's affair. Where the system has nothing left for another, that takes time.
async fn pause(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionRefused | ConnectionAborted | ConnectionReset) {
        tracing::error!(error = %one_line(error), "no connection can be taken");
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

#[cfg(test)]
mod tests;
