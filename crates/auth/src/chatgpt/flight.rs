//! One refresh from its start to its end: lock, read again, spend, save, release.
//!
//! The order of the steps is the point of it. Under the lock the file is read before anything is sent, for another process
//! may have been here. The place on the disk is made before the refresh token is spent. The answer is on the disk before
//! anybody gets to use it.

use std::{
    io,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use secrecy::SecretString;
use tokio::sync::watch;

use super::sharing::Turn;
use super::trouble::Trouble;
use super::{Landed, Need, Session, Setback, Shared, State, mode_changed, tokens_of};
use crate::{
    access::Warning,
    auth_file::{AuthFile, Content, plain},
    document::Document,
    error::Error,
    fault::{self, Point},
    issuer::Refused,
    lock::{blocking, lock},
    place::{self, Place, Put},
    policy::Decision,
    refusal::{Reason, ReauthRequired},
    status::Mode,
    tokens::{Age, Fingerprint, Tokens},
};

impl Shared {
    /// Joins the flight under way, or starts one.
    pub(super) fn fly(self: &Arc<Self>, state: &mut State, need: Need) -> watch::Receiver<Landed> {
        if let Some(flight) = &state.flight {
            return flight.clone();
        }
        let (sender, receiver) = watch::channel(None);
        state.flight = Some(receiver.clone());
        let landing = Landing { shared: Arc::clone(self), sender };
        // A task of its own, so that it goes on when every caller has gone.
        tokio::spawn(async move {
            let result = landing.shared.run(need).await;
            landing.land(result);
        });
        receiver
    }

    async fn run(self: &Arc<Self>, need: Need) -> Result<(), Error> {
        let policy = &self.issuer.config.refresh;
        let mut attempt = 0;
        loop {
            attempt += 1;
            let failed = match self.attempt(need).await {
                Ok(()) => return Ok(()),
                Err(Trouble::Superseded) if attempt < policy.attempts => continue,
                Err(Trouble::Superseded) => return Err(Error::Ended),
                Err(Trouble::Final(error)) => {
                    self.warn(&mut self.state(), Warning::NotRefreshed(error.clone()));
                    return Err(error);
                }
                Err(Trouble::Failed(failed)) => failed,
            };
            match policy.decide(attempt, failed.failure) {
                Decision::Retry(wait) => tokio::time::sleep(wait).await,
                Decision::GiveUp(pause) => {
                    let error = Error::Issuer(failed.error);
                    let mut state = self.state();
                    state.setback = Some(Setback::Pause { until: Instant::now() + pause, error: error.clone() });
                    self.warn(&mut state, Warning::NotRefreshed(error.clone()));
                    return Err(error);
                }
            }
        }
    }

    /// One attempt, under the lock from its start to its end.
    async fn attempt(self: &Arc<Self>, need: Need) -> Result<(), Trouble> {
        let _lock = lock(&self.file, self.issuer.config.refresh.lock).await?;
        fault::point(Point::Locked);
        let found = self.look().await?;
        fault::point(Point::Read);
        self.settle_with(&found).await?;
        self.tell_replicas().await;
        self.follow_replicas(&found.content).await?;

        let (tokens, due) = {
            let state = self.state();
            if state.meets(need, self.issuer.config.refresh.young) {
                return Ok(());
            }
            if let Some(refusal) = state.refusal() {
                return Err(Trouble::Final(Error::ReauthRequired(refusal.clone())));
            }
            (state.session.tokens.clone(), state.session.lifetime.age(SystemTime::now()) == Age::Due)
        };
        let (Some(refresh_token), Some(name)) = (&tokens.refresh_token, tokens.fingerprint()) else {
            let refusal = ReauthRequired::new(Reason::NoRefreshToken);
            return Err(Trouble::Final(Error::ReauthRequired(refusal)));
        };

        let lease = match self.lease(name, due && need == Need::Fresh).await? {
            Turn::Ours(lease) => lease,
            Turn::Theirs => return Ok(()),
        };
        let renewed = async {
            if self.follow_replicas(&found.content).await? {
                return Err(Trouble::Superseded);
            }
            let content = found.content.clone();
            self.renew(content, &tokens, refresh_token, name, due && need == Need::Fresh).await
        };
        let renewed = renewed.await;
        self.release(lease).await;
        renewed
    }

    /// Spends the refresh token, and saves what it was spent for. Nobody else may be at it.
    async fn renew(
        self: &Arc<Self>,
        content: Content,
        tokens: &Tokens,
        refresh_token: &SecretString,
        name: Fingerprint,
        can_wait: bool,
    ) -> Result<(), Trouble> {
        let known = content.clone();
        let Content { document, target } = content;
        let reserved = {
            let document = document.clone();
            blocking(move || Place::reserve(&target, &name.to_string(), &document)).await?
        };
        if let Err(error) = &reserved
            && can_wait
        {
            // The token still lasts. To spend what cannot be saved would be to lose the login for everybody else.
            self.postpone(error);
            return Ok(());
        }

        match self.issuer.refresh(refresh_token).await {
            Ok(issued) => {
                fault::point(Point::Answered);
                let new = issued.update(tokens);
                // At the same time: neither has to wait for the other, and one of them may be cut off.
                let told = self.tell(refresh_token.clone(), new.clone());
                let (saved, ()) = tokio::join!(self.put(reserved, name, new.clone(), document), told);
                let saved = saved?;
                let mut state = self.state();
                if new.fingerprint() != Some(name) {
                    state.spent.push(name);
                }
                if let Some(newer) = self.saved(&mut state, saved) {
                    return self.install(&mut state, newer, None);
                }
                self.install(&mut state, new, Some(Instant::now()))
            }
            Err(Refused::Permanent(refusal)) => {
                drop(reserved);
                self.refused(name, refusal, &known).await
            }
            Err(Refused::Failed(failed)) => Err(Trouble::Failed(failed)),
        }
    }

    /// Puts tokens into the file, in the place of those of `spent` or of others that were spent here.
    pub(super) async fn put(
        &self,
        place: io::Result<Place>,
        spent: Fingerprint,
        tokens: Tokens,
        known: Document,
    ) -> Result<io::Result<Put>, Error> {
        let mut ancestors = self.state().spent.clone();
        ancestors.push(spent);
        let file = self.file.clone();
        blocking(move || place::renew(&file, place, &ancestors, &tokens, known)).await
    }

    /// A refusal may mean that a program without our lock was faster, or a replica that could not be reached. The newer token
    /// is in the file, or with the replicas, or about to be.
    async fn refused(&self, sent: Fingerprint, refusal: ReauthRequired, known: &Content) -> Result<(), Trouble> {
        let end = Instant::now() + self.issuer.config.refresh.settle;
        loop {
            let found = self.look().await?;
            if found.tokens.fingerprint() != Some(sent) && !self.state().is_newer_than(&found.tokens) {
                self.settle_with(&found).await?;
                // Met or not, the next round finds out; it starts from the newer token.
                return Err(Trouble::Superseded);
            }
            if self.follow_replicas(known).await? {
                return Err(Trouble::Superseded);
            }
            if Instant::now() >= end {
                break;
            }
            tokio::time::sleep(POLL).await;
        }
        self.state().setback = Some(Setback::Over { spent: Some(sent), refusal: refusal.clone() });
        Err(Trouble::Final(Error::ReauthRequired(refusal)))
    }

    /// What the file says now, a dead process's unfinished refresh included.
    async fn look(&self) -> Result<Found, Trouble> {
        let file = self.file.clone();
        blocking(move || {
            let not_logged_in = || Error::NotLoggedIn { path: file.path().to_owned() };
            let content = file.read().map_err(Error::File)?.ok_or_else(not_logged_in)?;
            match Mode::of(&content.document).map_err(|problem| Error::File(file.error(problem)))? {
                Some(Mode::ChatGpt) => {}
                Some(Mode::ApiKey) => return Err(mode_changed(&file)),
                None => return Err(not_logged_in()),
            }
            let tokens = tokens_of(&file, &content.document).map_err(Error::File)?.ok_or_else(not_logged_in)?;
            let successor = tokens.fingerprint().and_then(|spent| AuthFile::successor(&content.target, spent));
            let recovered = successor.is_some();
            Ok(Found { content, tokens: successor.map_or(tokens, |(newest, _)| newest), recovered })
        })
        .await?
        .map_err(Trouble::Final)
    }

    /// Brings memory and file together: the newer of the two wins, and a file that is behind is written.
    async fn settle_with(&self, found: &Found) -> Result<(), Trouble> {
        let newest = {
            let mut state = self.state();
            if state.is_newer_than(&found.tokens) {
                state.session.tokens.clone()
            } else {
                state.save_again = None;
                if !state.session.tokens.is_same(&found.tokens) {
                    state.warning = None;
                    self.install(&mut state, found.tokens.clone(), None)?;
                }
                if !found.recovered {
                    return Ok(());
                }
                found.tokens.clone()
            }
        };
        let Content { document, target } = &found.content;
        let there = Tokens::read(document).ok().flatten().and_then(|tokens| tokens.fingerprint());
        let Some(there) = there else { return Ok(()) };
        if found.recovered {
            // What has a successor is spent, if not by this process.
            self.state().spent.push(there);
        }
        let (document, target) = (document.clone(), target.clone());
        let known = document.clone();
        // Until the content is in its place it is found by the name of what it replaces; what lies there already is not touched.
        let name = if found.recovered { "saving".to_owned() } else { there.to_string() };
        let place = blocking(move || Place::reserve(&target, &name, &document)).await?;
        let saved = self.put(place, there, newest, known).await?;
        let mut state = self.state();
        match self.saved(&mut state, saved) {
            Some(newer) => self.install(&mut state, newer, None),
            None => Ok(()),
        }
    }

    pub(super) fn install(&self, state: &mut State, tokens: Tokens, refreshed: Option<Instant>) -> Result<(), Trouble> {
        let generation = state.session.access.generation().next();
        state.session = Session::new(tokens, generation, self.issuer.config.refresh.margin, refreshed)?;
        state.setback = None;
        Ok(())
    }

    /// Notes what became of the tokens; gives those that are to be used instead.
    pub(super) fn saved(&self, state: &mut State, saved: io::Result<Put>) -> Option<Tokens> {
        match saved {
            Ok(put) => {
                state.save_again = None;
                state.warning = None;
                match put {
                    Put::Saved | Put::Gone => None,
                    Put::Newer(tokens) => Some(tokens),
                }
            }
            Err(error) => {
                state.save_again = Some(Instant::now() + self.issuer.config.refresh.save_again);
                let path = self.file.path().to_owned();
                let beside = self.file.left_beside(&state.spent);
                self.warn(state, Warning::NotSaved { path, problem: plain(&error), beside });
                None
            }
        }
    }

    fn postpone(&self, error: &io::Error) {
        let mut state = self.state();
        let until = Instant::now() + self.issuer.config.refresh.save_again;
        state.setback = Some(Setback::Pause { until, error: Error::File(self.file.io("written", error)) });
        self.warn(&mut state, Warning::NotWritable { path: self.file.path().to_owned(), problem: plain(error) });
    }
}

impl State {
    fn meets(&self, need: Need, young: Duration) -> bool {
        let age = self.session.age(young);
        match need {
            Need::Fresh => age == Age::Fresh,
            Need::NewerThan(refused) => self.session.access.generation() != refused && age != Age::Expired,
            Need::Save => true,
        }
    }

    /// Whether the file is behind: it holds a refresh token that was spent here, or lacks what could not be saved.
    fn is_newer_than(&self, file: &Tokens) -> bool {
        let theirs = file.fingerprint();
        theirs.is_some_and(|theirs| self.spent.contains(&theirs))
            || (self.save_again.is_some() && theirs == self.session.tokens.fingerprint())
    }
}

/// What one look at the file found.
struct Found {
    content: Content,
    tokens: Tokens,
    /// The tokens lie beside the file, where a dead process left them, and not in it.
    recovered: bool,
}

/// Makes sure that the end of the task, whatever its kind, reaches those who wait for it.
struct Landing {
    shared: Arc<Shared>,
    sender: watch::Sender<Landed>,
}

impl Landing {
    fn land(self, result: Result<(), Error>) {
        self.shared.state().flight = None;
        self.sender.send_replace(Some(result));
    }
}

impl Drop for Landing {
    fn drop(&mut self) {
        // Reached without `land` when the runtime ends or the task panics; the receivers then see the sender gone. After
        // `land` a new flight may have begun, which is not ours to clear.
        if self.sender.borrow().is_none() {
            self.shared.state().flight = None;
        }
    }
}

/// How often the file is looked at after a refusal.
const POLL: Duration = Duration::from_millis(50);
