//! Connections that nobody uses.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use http::uri::Authority;

use super::connection::Connection;

/// How long a connection is kept for the next request.
const IDLE: Duration = Duration::from_secs(90);
/// How often those are looked for that nobody has used for so long, or that their server has closed.
const ROUND: Duration = Duration::from_secs(15);
/// How many are kept.
const MOST: usize = 512;

/// Connections that can take a request, those last used at the end.
#[derive(Default)]
pub(super) struct Pool(Mutex<Idle>);

#[derive(Default)]
struct Idle {
    connections: Vec<(Authority, Instant, Connection)>,
    /// Whether a task goes its rounds.
    is_watched: bool,
}

impl Pool {
    /// One to this host that can take a request, if there is one. It is always ready.
    pub(super) fn poll_take(&self, cx: &mut Context<'_>, host: &Authority) -> Poll<Option<Connection>> {
        loop {
            let Some((since, mut connection)) = self.last(host) else { return Poll::Ready(None) };
            if since.elapsed() < IDLE && connection.is_free(cx) {
                return Poll::Ready(Some(connection));
            }
        }
    }

    fn last(&self, host: &Authority) -> Option<(Instant, Connection)> {
        let mut idle = self.lock();
        let place = idle.connections.iter().rposition(|(known, ..)| known == host)?;
        let (_, since, connection) = idle.connections.remove(place);
        Some((since, connection))
    }

    /// Keeps one that is free.
    pub(super) fn put(self: &Arc<Self>, host: &Authority, connection: Connection) {
        let mut idle = self.lock();
        if idle.connections.len() == MOST {
            idle.connections.remove(0);
        }
        idle.connections.push((host.clone(), Instant::now(), connection));
        if !std::mem::replace(&mut idle.is_watched, true) {
            tokio::spawn(watch(Arc::downgrade(self)));
        }
    }

    /// Closes those that are of no use any more, and says whether there are others.
    fn poll_clear(&self, cx: &mut Context<'_>) -> Poll<bool> {
        let mut idle = self.lock();
        idle.connections.retain_mut(|(_, since, connection)| since.elapsed() < IDLE && connection.is_free(cx));
        idle.is_watched = !idle.connections.is_empty();
        Poll::Ready(idle.is_watched)
    }

    fn lock(&self) -> MutexGuard<'_, Idle> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Closes what is of no use, until there is nothing left to close.
async fn watch(pool: Weak<Pool>) {
    loop {
        tokio::time::sleep(ROUND).await;
        let Some(pool) = pool.upgrade() else { return };
        if !std::future::poll_fn(|cx| pool.poll_clear(cx)).await {
            return;
        }
    }
}
