//! The server: from an address to its end.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::net::{TcpListener, lookup_host};
use tokio::time::timeout;

use crate::app::{App, Shared};
use crate::caller::Callers;
use crate::{CallerKey, Config, Limits, StartError, Upstreams, connections, routes};

/// A server that has its address and is ready to serve.
pub struct Gateway {
    listener: TcpListener,
    addr: SocketAddr,
    app: Shared,
}

impl Gateway {
    /// Takes the address.
    ///
    /// # Errors
    /// The address is none or is taken, or it can be reached from other machines and no inbound key is set.
    pub async fn bind(config: Config, upstreams: impl Into<Upstreams>) -> Result<Self, StartError> {
        Self::bound(config, upstreams.into()).await
    }

    async fn bound(config: Config, upstreams: Upstreams) -> Result<Self, StartError> {
        let failed = |source: io::Error| StartError::Listen { listen: config.listen.clone(), source };
        let addresses: Vec<SocketAddr> = lookup_host(&config.listen).await.map_err(failed)?.collect();
        let is_private = addresses.iter().all(|address| address.ip().is_loopback());
        if !is_private && config.inbound_key.is_none() && config.callers.is_empty() {
            return Err(StartError::OpenRelay(config.listen));
        }
        let listener = TcpListener::bind(&*addresses).await.map_err(failed)?;
        let addr = listener.local_addr().map_err(failed)?;
        let app = Arc::new(App::new(config, upstreams)?);
        Ok(Self { listener, addr, app })
    }

    /// Says what is wrong with the keys of callers, as [`bind`](Self::bind) would.
    ///
    /// # Errors
    /// Two have one name or one key.
    pub fn check_callers(callers: Vec<CallerKey>) -> Result<(), StartError> {
        Callers::new(callers, None).map(drop)
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// The upstreams it serves.
    #[must_use]
    pub fn upstreams(&self) -> Arc<Upstreams> {
        self.app.upstreams()
    }

    /// What changes it while it serves.
    #[must_use]
    pub fn handle(&self) -> Handle {
        Handle(Arc::clone(&self.app))
    }

    /// Serves until `stop` is ready, then takes no more connections and gives open replies [`Limits::grace`] to end.
    ///
    /// # Errors
    /// A login was renewed and could not be saved.
    pub async fn serve(self, stop: impl Future<Output = ()> + Send + 'static) -> Result<(), StartError> {
        self.served(Box::pin(stop)).await
    }

    /// Boxed: the body of an async function is compiled again in every crate that awaits it, and here it would take the
    /// whole of the server along.
    fn served(self, stop: BoxFuture<'static, ()>) -> BoxFuture<'static, Result<(), StartError>> {
        Box::pin(self.serving(stop))
    }

    async fn serving(self, stop: BoxFuture<'static, ()>) -> Result<(), StartError> {
        let Self { listener, addr: _, app } = self;
        let Limits { grace, .. } = app.limits;
        let (stopping, stopped) = tokio::sync::oneshot::channel::<()>();
        let stopped_app = Arc::clone(&app);
        let served = connections::serve(listener, routes::router(Arc::clone(&app)), app.limits, async move {
            stop.await;
            stopped_app.stop();
            let _ = stopping.send(());
        });
        let mut served = pin!(async {
            served.await;
            app.sockets_closed().await;
        });
        tokio::select! {
            () = &mut served => {}
            _ = stopped => {
                let has_ended = tokio::select! {
                    ended = timeout(grace, &mut served) => ended.is_ok(),
                    () = app.hurried() => false,
                };
                if !has_ended {
                    app.close();
                    if timeout(LAST_WORDS, served).await.is_ok() {
                        tracing::warn!("replies were still under way and have been ended with an error");
                    } else {
                        tracing::warn!("replies were still under way and have been cut off");
                    }
                }
            }
        }
        app.settled().await.map_err(StartError::Unsaved)
    }
}

/// How long a reply that has to end may take to tell its client so.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Changes a gateway while it serves.
#[derive(Clone)]
pub struct Handle(Shared);

impl Handle {
    /// From now on these upstreams answer. Replies that are under way end as they began, over the upstream that began them.
    pub async fn replace(&self, upstreams: impl Into<Upstreams>) {
        self.0.replace(upstreams.into()).await;
    }

    /// Replies that are still under way when the server is told to stop get no [`Limits::grace`]: they end now, with an error.
    pub fn hurry(&self) {
        self.0.hurry();
    }

    /// Reads the upstreams again, as [`Config::reload`] says, and lets them take over. The log says what came of it.
    ///
    /// # Errors
    /// They are wrong, in words, and the old ones stay; or there is nothing to read them from.
    pub async fn reload(&self) -> Result<(), String> {
        self.0.reload().await
    }
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Handle").field(&self.0.upstreams()).finish()
    }
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gateway")
            .field("addr", &self.addr)
            .field("upstreams", &self.app.upstreams())
            .finish_non_exhaustive()
    }
}
