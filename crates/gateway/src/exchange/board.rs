//! The last exchanges, for the inspector.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::Exchange;
use super::recording::Room;

/// How many exchanges can be looked at.
const SHOWN: usize = 64;

/// What a page shows, the newest first.
#[derive(Debug)]
pub(crate) struct Board {
    exchanges: Mutex<VecDeque<Arc<Exchange>>>,
    version: watch::Sender<u64>,
}

impl Board {
    pub(crate) fn new() -> Self {
        Self { exchanges: Mutex::default(), version: watch::channel(0).0 }
    }

    /// What an exchange tells that there is more of it to see.
    pub(crate) fn bell(&self) -> watch::Sender<u64> {
        self.version.clone()
    }

    /// An exchange has begun. Where there is little room left, the oldest that are over make way for it.
    pub(crate) fn put(&self, exchange: &Arc<Exchange>, room: &Room) {
        let mut exchanges = self.exchanges.lock().unwrap_or_else(PoisonError::into_inner);
        exchanges.push_front(Arc::clone(exchange));
        exchanges.truncate(SHOWN);
        while room.is_scarce()
            && let Some(oldest) = exchanges.iter().rposition(|exchange| exchange.look(|state| state.end.is_some()))
        {
            exchanges.remove(oldest);
        }
        drop(exchanges);
        self.version.send_modify(|version| *version += 1);
    }

    pub(crate) fn all(&self) -> Vec<Arc<Exchange>> {
        let exchanges = self.exchanges.lock().unwrap_or_else(PoisonError::into_inner);
        exchanges.iter().map(Arc::clone).collect()
    }

    pub(crate) fn find(&self, id: &str) -> Option<Arc<Exchange>> {
        self.all().into_iter().find(|exchange| exchange.head.id == id)
    }

    /// The version of what there is to see: at once if it is another one than `known`, else when it is or after `wait`.
    pub(crate) async fn newer_than(&self, known: Option<u64>, wait: Duration) -> u64 {
        let mut version = self.version.subscribe();
        if let Some(known) = known {
            let _ = tokio::time::timeout(wait, version.wait_for(|version| *version != known)).await;
        }
        *self.version.borrow()
    }
}
