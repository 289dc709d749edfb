//! Keeps replies as they are handed out.

use std::sync::Arc;

use bytes::Bytes;
use interlingua_executor::{BoxFuture, Keeper, Last, one_line};
use serde_json::value::RawValue;

use super::{Key, Memory, Owner, Store, Turn};
use crate::members::{Members, raw};

/// Keeps one reply: where it outlives the connection, for the connection alone, or in both.
pub(crate) struct Keeping {
    pub(super) owner: Owner,
    pub(super) id: String,
    pub(super) turn: Turn,
    pub(super) store: Option<Arc<dyn Store>>,
    pub(super) local: Option<Arc<Memory>>,
}

impl Keeping {
    /// Keeps a response object, and gives it back as the client is to have it: one that could not be stored says so.
    async fn response(self: Arc<Self>, mut response: Box<RawValue>) -> Box<RawValue> {
        let key = Key { owner: self.owner, id: self.id.clone() };
        let used = || self.turn.used.iter().map(|id| Key { owner: self.owner, id: id.clone() }).collect::<Vec<_>>();
        let mut is_stored = false;
        if let Some(store) = &self.store {
            let record = self.turn.clone().record(response.clone(), true);
            match store.put(key.clone(), record.to_bytes(), used()).await {
                Ok(()) => is_stored = true,
                Err(error) => {
                    tracing::warn!(error = %one_line(&error), "a reply could not be stored");
                    response = not_stored(&response).unwrap_or(response);
                }
            }
        }
        if let Some(local) = &self.local {
            let mut record = self.turn.clone().record(response.clone(), false);
            record.is_stored = is_stored;
            if let Err(error) = local.put_now(key, record.to_bytes(), &used()) {
                tracing::debug!(error = %one_line(&error), "a connection cannot keep a reply");
            }
        }
        response
    }

    /// Keeps the end of a reply, and gives it back as the client is to have it.
    pub(crate) async fn last(self: Arc<Self>, last: Last) -> Bytes {
        match last {
            Last::Whole(body) => match serde_json::from_slice::<Box<RawValue>>(&body) {
                Ok(response) => String::from(Box::<str>::from(self.response(response).await)).into(),
                Err(_) => body,
            },
            Last::Event { name: _, data } => {
                let Some(mut event) = Members::read(&data) else { return data };
                let Some(response) = event.get("response").map(ToOwned::to_owned) else { return data.clone() };
                event.set("response", self.response(response).await);
                event.to_vec().into()
            }
        }
    }
}

impl Keeper for Keeping {
    fn keep(&self, last: Last) -> BoxFuture<'static, Bytes> {
        let Self { owner, id, turn, store, local } = self;
        let keeping =
            Self { owner: *owner, id: id.clone(), turn: turn.clone(), store: store.clone(), local: local.clone() };
        Box::pin(Arc::new(keeping).last(last))
    }
}

/// A response that does not claim to be stored.
fn not_stored(response: &RawValue) -> Option<Box<RawValue>> {
    let mut members = Members::read(response.get().as_bytes())?;
    members.set("store", raw(&false));
    Some(raw(&members))
}
