//! One login on several machines, each with a copy of the file.
#![expect(clippy::unwrap_used, reason = "a setup that fails is a failed test")]

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use interlingua_auth::{BoxFuture, ChatGpt, Credentials, Replicas, Unreachable};
use tempfile::TempDir;

use crate::common::{Canned, DUE, EXPIRED, FRESH, SECRET, World, chatgpt, config};

/// What all machines can reach, as long as it is not down.
#[derive(Default)]
struct Shared {
    is_down: AtomicBool,
    values: Mutex<BTreeMap<String, Vec<u8>>>,
    locks: Mutex<BTreeMap<String, (String, Instant)>>,
}

impl Shared {
    fn answer<T: Send + 'static>(&self, answer: impl FnOnce() -> T) -> BoxFuture<'static, Result<T, Unreachable>> {
        let answer = if self.is_down.load(Ordering::SeqCst) { Err(Unreachable) } else { Ok(answer()) };
        Box::pin(async move { answer })
    }
}

impl Replicas for Shared {
    fn try_lock<'a>(
        &'a self,
        name: &'a str,
        holder: &'a str,
        hold: Duration,
    ) -> BoxFuture<'a, Result<bool, Unreachable>> {
        self.answer(|| {
            let mut locks = self.locks.lock().unwrap();
            let is_held = locks.get(name).is_some_and(|(by, until)| by != holder && *until > Instant::now());
            if !is_held {
                locks.insert(name.to_owned(), (holder.to_owned(), Instant::now() + hold));
            }
            !is_held
        })
    }

    fn unlock<'a>(&'a self, name: &'a str, holder: &'a str) -> BoxFuture<'a, Result<(), Unreachable>> {
        self.answer(|| {
            let mut locks = self.locks.lock().unwrap();
            if locks.get(name).is_some_and(|(by, _)| by == holder) {
                locks.remove(name);
            }
        })
    }

    fn put<'a>(&'a self, name: &'a str, value: Vec<u8>, _keep: Duration) -> BoxFuture<'a, Result<(), Unreachable>> {
        self.answer(|| drop(self.values.lock().unwrap().insert(name.to_owned(), value)))
    }

    fn get<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<Vec<u8>>, Unreachable>> {
        self.answer(|| self.values.lock().unwrap().get(name).cloned())
    }
}

/// Another machine: a folder with a copy of the file as it is now.
struct Machine {
    home: TempDir,
    login: ChatGpt,
}

impl Machine {
    fn copy_of(world: &World, shared: &Arc<Shared>) -> Self {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("auth.json");
        std::fs::copy(world.file(), &file).unwrap();
        let login = chatgpt(&config(&file, &world.issuer.url));
        login.share(Arc::clone(shared) as Arc<dyn Replicas>);
        Self { home, login }
    }

    async fn token(&self) -> String {
        let mut headers = http::HeaderMap::new();
        self.login.access().await.unwrap().apply(&mut headers);
        headers["authorization"].to_str().unwrap().to_owned()
    }

    fn file(&self) -> String {
        std::fs::read_to_string(self.home.path().join("auth.json")).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_with_copies_of_the_file_refresh_once_for_all_their_callers() {
    let world = World::logged_in(EXPIRED);
    world.issuer.state().delay = Duration::from_millis(200);
    let shared = Arc::new(Shared::default());
    let machines = [(); 2].map(|()| Arc::new(Machine::copy_of(&world, &shared)));
    let callers = (0..50).map(|n| {
        let machine = Arc::clone(&machines[n % 2]);
        tokio::spawn(async move { machine.token().await })
    });
    let mut tokens = Vec::new();
    for caller in callers.collect::<Vec<_>>() {
        tokens.push(caller.await.unwrap());
    }
    tokens.dedup();
    assert_eq!((tokens.len(), world.issuer.counts()), (1, (1, 0)), "all have the same, of one refresh");
    for machine in &machines {
        machine.login.settled().await.unwrap();
        assert!(tokens[0].contains(machine_access(&machine.file())), "each file has it");
    }
    let values = shared.values.lock().unwrap();
    assert!(!values.is_empty());
    for (name, value) in &*values {
        let value = String::from_utf8_lossy(value);
        assert!(!value.contains(SECRET) && !value.contains("token") && !name.contains(SECRET), "{name}");
    }
}

fn machine_access(file: &str) -> &str {
    let (_, rest) = file.split_once("\"access_token\": \"").unwrap();
    rest.split_once('"').unwrap().0
}

#[tokio::test]
async fn a_replica_that_slept_through_renewals_takes_over_the_last() {
    let world = World::logged_in(EXPIRED);
    let shared = Arc::new(Shared::default());
    let (awake, asleep) = (Machine::copy_of(&world, &shared), Machine::copy_of(&world, &shared));
    world.issuer.state().life = EXPIRED;
    for _ in 0..3 {
        // What is young is not renewed again, so each is a program of its own.
        let restarted = chatgpt(&config(&awake.home.path().join("auth.json"), &world.issuer.url));
        restarted.share(Arc::clone(&shared) as Arc<dyn Replicas>);
        restarted.access().await.unwrap();
    }
    assert_eq!(world.issuer.counts(), (3, 0));
    world.issuer.state().life = FRESH;
    asleep.token().await;
    assert_eq!(world.issuer.counts(), (4, 0), "it spends the last token, never one of those before");
}

#[tokio::test]
async fn replicas_that_cannot_be_reached_hold_nobody_up_and_are_told_later() {
    let world = World::logged_in(EXPIRED);
    let shared = Arc::new(Shared::default());
    let (first, second) = (Machine::copy_of(&world, &shared), Machine::copy_of(&world, &shared));
    shared.is_down.store(true, Ordering::SeqCst);
    let token = first.token().await;
    assert!(shared.values.lock().unwrap().is_empty());
    shared.is_down.store(false, Ordering::SeqCst);
    let begun = Instant::now();
    while shared.values.lock().unwrap().is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(5), "nobody is told, although nobody asks");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(second.token().await, token);
    assert_eq!(world.issuer.counts(), (1, 0));
}

#[tokio::test]
async fn a_token_that_lasts_is_used_while_another_replica_renews() {
    let world = World::logged_in(DUE);
    let shared = Arc::new(Shared::default());
    world.issuer.state().delay = Duration::from_secs(2);
    let (slow, quick) = (Machine::copy_of(&world, &shared), Machine::copy_of(&world, &shared));
    let old = machine_access(&quick.file()).to_owned();
    let renewing = tokio::spawn(async move { slow.token().await });
    while shared.locks.lock().unwrap().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let begun = Instant::now();
    assert!(quick.token().await.contains(&old));
    assert!(begun.elapsed() < Duration::from_secs(1), "it waited {:?}", begun.elapsed());
    assert!(!renewing.await.unwrap().contains(&old));
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert!(!quick.token().await.contains(&old), "after the pause it takes over what the other got");
    assert_eq!(world.issuer.counts(), (1, 0));
}

#[tokio::test]
async fn a_dead_replicas_lock_ends_and_a_living_ones_is_waited_for_no_longer_than_the_limit() {
    let world = World::logged_in(EXPIRED);
    let shared = Arc::new(Shared::default());
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("auth.json");
    std::fs::copy(world.file(), &file).unwrap();
    let mut config = config(&file, &world.issuer.url);
    config.refresh.lock = Duration::from_millis(300);
    let login = chatgpt(&config);
    login.share(Arc::clone(&shared) as Arc<dyn Replicas>);
    // Whoever asks first gives the name of the lock away, and fails three times.
    let name = {
        let probe = Machine::copy_of(&world, &shared);
        let failing = [(); 3].map(|()| Canned::json(500, &serde_json::json!({})));
        world.issuer.state().refresh_script.extend(failing);
        let asked = tokio::spawn(async move { probe.login.access().await.is_err() });
        let name = loop {
            let name = shared.locks.lock().unwrap().keys().next().cloned();
            match name {
                Some(name) => break name,
                None => tokio::time::sleep(Duration::from_millis(1)).await,
            }
        };
        assert!(asked.await.unwrap());
        name
    };
    let hold = |time: Duration| {
        let held = ("somebody else".to_owned(), Instant::now() + time);
        shared.locks.lock().unwrap().insert(name.clone(), held);
    };
    hold(Duration::from_secs(60));
    let refused = login.access().await.unwrap_err().to_string();
    assert!(refused.starts_with("another replica has been renewing the login"), "{refused}");
    hold(Duration::from_millis(100));
    login.access().await.unwrap();
    assert_eq!(world.issuer.state().rotated, 1);
}
