//! What all handlers share.

use std::sync::{Arc, PoisonError, RwLock};

use interlingua_auth::Warning;
use interlingua_executor::Scrubber;
use tokio::sync::{Notify, Semaphore, watch};

use crate::caller::Callers;
use crate::exchange::watchers::Watchers;
use crate::pattern::Pattern;
use crate::replicas::{Link, SharedLimits};
use crate::seal::Seal;
use crate::store::{Store, StoreLimits, open_store};
use crate::word::Word;
use crate::{Config, InboundKey, Limits, Origin, Reload, StartError, Upstreams};

/// One gateway's state.
pub(crate) struct App {
    upstreams: RwLock<Serving>,
    /// What no upstream's answer may repeat beside its own key.
    pub(crate) hidden: Scrubber,
    pub(crate) inbound_key: Option<InboundKey>,
    pub(crate) callers: Callers,
    pub(crate) allowed_hosts: Vec<String>,
    pub(crate) allowed_origins: Vec<Origin>,
    pub(crate) passthrough: Vec<Pattern>,
    pub(crate) limits: Limits,
    pub(crate) store: Option<Arc<dyn Store>>,
    /// What other gateways have in common with this one.
    link: Option<Arc<Link>>,
    pub(crate) seal: Arc<Seal>,
    pub(crate) reload: Option<Reload>,
    pub(crate) watchers: Watchers,
    hurry: Notify,
    /// How far the server is.
    stage: watch::Sender<Stage>,
    pub(crate) websocket: bool,
    /// Whether sealed thoughts are kept for clients that drop them.
    pub(crate) reasoning_cache: bool,
    /// One place for each WebSocket that may be open.
    pub(crate) sockets: Arc<Semaphore>,
}

/// Who answers now, and who answered before and may still have something to save.
struct Serving {
    now: Arc<Upstreams>,
    before: Vec<Arc<Upstreams>>,
}

/// The state as handlers get it.
pub(crate) type Shared = Arc<App>;

impl App {
    /// # Errors
    /// The store cannot be used, or exchanges cannot be captured.
    pub(crate) fn new(config: Config, upstreams: Upstreams) -> Result<Self, StartError> {
        let Config {
            listen: _,
            inbound_key,
            callers,
            allowed_hosts,
            allowed_origins,
            passthrough,
            limits,
            watching,
            reload,
            store,
            seal,
            websocket,
            reasoning_cache,
        } = config;
        let link = Link::of(&store)?.map(Arc::new);
        let callers = Callers::new(callers, link.clone().map(SharedLimits::over).as_ref())?;
        let seal = Arc::new(Seal::new(seal));
        let store = open_store(&store, StoreLimits::default(), link.as_ref())?;
        let hidden = Scrubber::new(inbound_key.iter().map(InboundKey::secret));
        let now = Arc::new(upstreams.hiding(&hidden).sharing(link.as_ref()));
        let upstreams = RwLock::new(Serving { now, before: Vec::new() });
        let watchers = Watchers::new(&watching)?;
        let stage = watch::Sender::new(Stage::Serving);
        let sockets = Arc::new(Semaphore::new(usize::try_from(limits.sockets).unwrap_or(Semaphore::MAX_PERMITS)));
        Ok(Self {
            upstreams,
            hidden,
            inbound_key,
            callers,
            allowed_hosts,
            allowed_origins,
            passthrough: passthrough.iter().map(|path| Pattern::new(path)).collect(),
            limits,
            store,
            link,
            seal,
            reload,
            watchers,
            hurry: Notify::new(),
            stage,
            websocket,
            reasoning_cache,
            sockets,
        })
    }

    /// Whether nobody is asked for a key.
    pub(crate) fn is_open(&self) -> bool {
        self.inbound_key.is_none() && self.callers.is_empty()
    }

    /// Who answers a request that comes now. Whoever holds this keeps them, whatever comes in their place.
    pub(crate) fn upstreams(&self) -> Arc<Upstreams> {
        let serving = self.upstreams.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&serving.now)
    }

    /// What tells a reply that it has to end.
    pub(crate) fn closing(&self) -> Closing {
        Closing(self.stage.subscribe())
    }

    /// Tells everybody that nothing new is to begin.
    pub(crate) fn stop(&self) {
        self.stage.send_replace(Stage::Stopping);
    }

    /// Waits until the server has come as far as this.
    pub(crate) async fn until(&self, stage: Stage) {
        // Without a server there is nobody to wait for.
        let _ = self.stage.subscribe().wait_for(|now| *now >= stage).await;
    }

    /// Waits until no WebSocket is open any more.
    pub(crate) async fn sockets_closed(&self) {
        let _ = self.sockets.acquire_many(self.limits.sockets).await;
    }

    /// From now on nobody has time.
    pub(crate) fn hurry(&self) {
        self.hurry.notify_one();
    }

    /// Ready when nobody has time.
    pub(crate) async fn hurried(&self) {
        self.hurry.notified().await;
    }

    /// Tells all replies to end.
    pub(crate) fn close(&self) {
        self.stage.send_replace(Stage::Closing);
    }

    /// From now on others answer. Requests that are under way end as they began.
    pub(crate) async fn replace(&self, upstreams: Upstreams) {
        let upstreams = upstreams.hiding(&self.hidden).sharing(self.link.as_ref());
        let before = {
            let mut serving = self.upstreams.write().unwrap_or_else(PoisonError::into_inner);
            let Serving { now, before } = &mut *serving;
            before.push(std::mem::replace(now, Arc::new(upstreams)));
            // Those that no request holds any more are let go, as soon as they have saved what they have.
            before.extract_if(.., |upstreams| Arc::strong_count(upstreams) == 1).collect::<Vec<_>>()
        };
        // What could not be saved is in the log, and is tried once more at the end.
        let _ = settle(before).await;
    }

    /// Waits until no login has anything unsaved, and every exchange is written.
    pub(crate) async fn settled(&self) -> Result<(), Warning> {
        let all = {
            let serving = self.upstreams.read().unwrap_or_else(PoisonError::into_inner);
            serving.before.iter().chain([&serving.now]).map(Arc::clone).collect()
        };
        let settled = settle(all).await;
        self.watchers.settled().await;
        settled
    }
}

/// How far a server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    Serving,
    /// Nothing new is to begin.
    Stopping,
    /// Replies that are still under way have to end.
    Closing,
}

/// Says when a reply has to end because the server does.
#[derive(Debug, Clone)]
pub(crate) struct Closing(watch::Receiver<Stage>);

impl Closing {
    /// Ready when replies have to end.
    pub(crate) fn begun(self) -> Word<Stage> {
        Word::new(self.0, |mut stage| async move {
            // Without a server there is nobody to wait for.
            let _ = stage.wait_for(|stage| *stage == Stage::Closing).await;
        })
    }

    /// What `future` gives, or `None` where the server ends before that.
    pub(crate) async fn before<T>(&mut self, future: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            value = future => Some(value),
            // Without a server there is nobody to wait for.
            _ = self.0.wait_for(|stage| *stage == Stage::Closing) => None,
        }
    }
}

/// Waits for all of them, and tells the first that has something it cannot save.
async fn settle(all: Vec<Arc<Upstreams>>) -> Result<(), Warning> {
    let mut settled = Ok(());
    for upstreams in all {
        for (_, upstream) in upstreams.members() {
            settled = settled.and(upstream.settled().await);
        }
    }
    settled
}
