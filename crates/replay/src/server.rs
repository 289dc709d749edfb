//! The server that tests start.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use tokio::net::TcpListener;

use crate::connection::{Connection, Connections};
use crate::faults::Faults;
use crate::log::Log;
use crate::replay::{Replay, Shared};
use crate::routes::{CODEX_PATH, router};

impl Replay {
    /// The routes, for a server of one's own.
    pub fn router(self) -> Router {
        router(Arc::new(self.shared))
    }

    /// Serves until the future is dropped.
    ///
    /// # Errors
    ///
    /// The listener's.
    pub async fn serve(self, listener: TcpListener) -> std::io::Result<()> {
        axum::serve(listener, self.router()).await
    }

    /// Serves on a free port of 127.0.0.1 until the [`Server`] is dropped. Has to be called inside a tokio runtime.
    ///
    /// # Errors
    ///
    /// No port can be had.
    pub async fn spawn(self) -> std::io::Result<Server> {
        Server::start(Arc::new(self.shared)).await
    }
}

/// A replay that is being served on loopback. It stops when this is dropped.
#[derive(Debug)]
pub struct Server {
    addr: SocketAddr,
    shared: Arc<Shared>,
    task: tokio::task::JoinHandle<()>,
}

impl Server {
    async fn start(shared: Arc<Shared>) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let addr = listener.local_addr()?;
        let task = Self::serve(listener, Arc::clone(&shared));
        Ok(Self { addr, shared, task })
    }

    /// Not async: the body of an async function is compiled again in every crate that awaits it, and here it would take
    /// the whole of the server along.
    fn serve(listener: TcpListener, shared: Arc<Shared>) -> tokio::task::JoinHandle<()> {
        let mut closing = shared.closing.subscribe();
        let service = router(shared).into_make_service_with_connect_info::<Connection>();
        let served = axum::serve(Connections(listener), service).with_graceful_shutdown(async move {
            let _ = closing.wait_for(|closing| *closing).await;
        });
        tokio::spawn(async move {
            let _ = served.await;
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// What an SDK calls its base URL: `http://127.0.0.1:PORT/v1`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.addr)
    }

    /// The base URL below which it behaves like the ChatGPT backend.
    #[must_use]
    pub fn codex_base_url(&self) -> String {
        format!("http://{}{CODEX_PATH}", self.addr)
    }

    /// What goes over the wire.
    #[must_use]
    pub fn log(&self) -> Log {
        self.shared.log.clone()
    }

    /// What goes wrong from here on.
    pub fn set_faults(&self, faults: Faults) {
        self.shared.set_faults(faults);
    }

    /// Takes no more connections, ends what stalls, and waits until every reply has been sent.
    pub async fn shutdown(mut self) {
        self.shared.closing.send_replace(true);
        let _ = (&mut self.task).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.closing.send_replace(true);
        self.task.abort();
    }
}
