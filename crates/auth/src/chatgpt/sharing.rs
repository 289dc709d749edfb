//! A login on several machines: who renews it, and how the others learn what came of it.

use std::{
    sync::{Arc, Weak},
    time::{Duration, Instant},
};

use secrecy::SecretString;

use super::{Setback, Shared, trouble::Trouble};
use crate::{
    auth_file::Content,
    error::Error,
    lock::blocking,
    place::Place,
    replicas::{self, HOLD, KEEP, Unreachable},
    tokens::{Fingerprint, Tokens},
};

/// Who may spend a refresh token.
pub(super) enum Turn {
    /// We may; with the lock of it, where there are others who could.
    Ours(Option<Lease>),
    /// Another replica is at it, and there is no need to wait for that.
    Theirs,
}

/// The lock on a refresh token, wherever a copy of it lies.
pub(super) struct Lease {
    name: String,
    holder: String,
}

impl Shared {
    /// Waits for the lock on a refresh token. With `can_wait` another replica that is at it already is left to it. Replicas
    /// that cannot be reached are not waited for.
    pub(super) async fn lease(&self, token: Fingerprint, can_wait: bool) -> Result<Turn, Trouble> {
        let Some((replicas, holder)) = self.replicas.get().zip(replicas::holder()) else {
            return Ok(Turn::Ours(None));
        };
        let name = replicas::lock_name(token);
        let policy = &self.issuer.config.refresh;
        let start = Instant::now();
        loop {
            match replicas.try_lock(&name, &holder, HOLD).await {
                Ok(true) => return Ok(Turn::Ours(Some(Lease { name, holder }))),
                Err(Unreachable) => return Ok(Turn::Ours(None)),
                Ok(false) if can_wait => {
                    let error = Error::LockedElsewhere { waited: Duration::ZERO };
                    self.state().setback = Some(Setback::Pause { until: Instant::now() + policy.pause, error });
                    return Ok(Turn::Theirs);
                }
                Ok(false) if start.elapsed() >= policy.lock => {
                    return Err(Trouble::Final(Error::LockedElsewhere { waited: policy.lock }));
                }
                Ok(false) => tokio::time::sleep(POLL).await,
            }
        }
    }

    pub(super) async fn release(&self, lease: Option<Lease>) {
        if let (Some(replicas), Some(Lease { name, holder })) = (self.replicas.get(), lease) {
            // Where it cannot be reached the lock ends by itself.
            let _ = replicas.unlock(&name, &holder).await;
        }
    }

    /// Tells the other replicas what a refresh token was spent for, now or as soon as they can be reached.
    pub(super) async fn tell(self: &Arc<Self>, spent: SecretString, tokens: Tokens) {
        if self.replicas.get().is_none() {
            return;
        }
        self.state().untold.push((spent, tokens));
        self.tell_replicas().await;
        let mut state = self.state();
        if !state.untold.is_empty() && !state.is_telling {
            state.is_telling = true;
            // A task of its own: the others may need it although nobody asks this replica for anything.
            tokio::spawn(told_later(Arc::downgrade(self)));
        }
    }

    /// Tells the other replicas all that they do not know yet, the oldest first, as far as they can be reached.
    pub(super) async fn tell_replicas(&self) {
        let Some(replicas) = self.replicas.get() else { return };
        loop {
            let next = {
                let untold = &mut self.state().untold;
                (!untold.is_empty()).then(|| untold.remove(0))
            };
            let Some((spent, tokens)) = next else { return };
            let told = match replicas::seal(&spent, &tokens) {
                Some(sealed) => replicas.put(&replicas::successor_name(Fingerprint::of(&spent)), sealed, KEEP).await,
                // There is no randomness to be had; there will be.
                None => Err(Unreachable),
            };
            if told.is_err() {
                self.state().untold.insert(0, (spent, tokens));
                return;
            }
        }
    }

    /// Takes over what other replicas have made of the login; whether there was anything. `known` is what the file holds.
    pub(super) async fn follow_replicas(&self, known: &Content) -> Result<bool, Trouble> {
        let Some(replicas) = self.replicas.get() else { return Ok(false) };
        let Some(first) = self.state().session.tokens.refresh_token.clone() else { return Ok(false) };
        let mut newest: Option<Tokens> = None;
        let mut passed = Vec::new();
        let mut token = first.clone();
        for _ in 0..CHAIN_LIMIT {
            let name = Fingerprint::of(&token);
            let Ok(Some(sealed)) = replicas.get(&replicas::successor_name(name)).await else { break };
            let Some(tokens) = replicas::unseal(&token, &sealed) else { break };
            let next = tokens.refresh_token.clone();
            newest = Some(tokens);
            match next {
                Some(next) if Fingerprint::of(&next) != name && !passed.contains(&Fingerprint::of(&next)) => {
                    passed.push(name);
                    token = next;
                }
                Some(_) | None => break,
            }
        }
        let newest = match newest {
            Some(newest) if !newest.is_same(&self.state().session.tokens) => newest,
            Some(_) | None => return Ok(false),
        };
        self.state().spent.extend(passed);
        let Content { document, target } = known.clone();
        let name = Fingerprint::of(&first);
        let place = {
            let document = document.clone();
            blocking(move || Place::reserve(&target, &name.to_string(), &document)).await?
        };
        let saved = self.put(place, name, newest.clone(), document).await?;
        let mut state = self.state();
        let newer = self.saved(&mut state, saved);
        self.install(&mut state, newer.unwrap_or(newest), None)?;
        Ok(true)
    }
}

/// Tells the other replicas as soon as they can be reached.
async fn told_later(shared: Weak<Shared>) {
    loop {
        tokio::time::sleep(TELL_AGAIN).await;
        let Some(shared) = shared.upgrade() else { return };
        shared.tell_replicas().await;
        let mut state = shared.state();
        if state.untold.is_empty() {
            state.is_telling = false;
            return;
        }
    }
}

/// How often replicas that could not be reached are tried again.
const TELL_AGAIN: Duration = Duration::from_secs(1);
/// How often the lock of another replica is tried.
const POLL: Duration = Duration::from_millis(50);
/// How many renewals a replica may have missed.
const CHAIN_LIMIT: usize = 1024;
