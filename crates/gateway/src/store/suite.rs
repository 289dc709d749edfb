//! What every store promises, and what only some do.

#[path = "../../tests/it/support/redis_server.rs"]
mod redis_server;

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::HeaderMap;

use self::redis_server::RedisServer;
use super::*;
use crate::InboundKey;

/// A store, and what it needs to go on.
struct Under {
    name: &'static str,
    store: Arc<dyn Store>,
    _folder: Option<tempfile::TempDir>,
    _redis: Option<RedisServer>,
}

/// One of each kind.
fn all(age: Duration) -> Vec<Under> {
    let limits = StoreLimits { bytes: 8 * 1024 * 1024, age };
    let folder = tempfile::tempdir().unwrap();
    let open = |config| {
        let link = Link::of(&config).unwrap().map(Arc::new);
        open_store(&config, limits, link.as_ref()).unwrap().unwrap()
    };
    let file = open(StoreConfig::File(folder.path().join("replies")));
    let mut all = vec![
        Under { name: "memory", store: open(StoreConfig::Memory), _folder: None, _redis: None },
        Under { name: "file", store: file, _folder: Some(folder), _redis: None },
    ];
    all.extend(RedisServer::start().map(|redis| {
        let store = open(StoreConfig::Redis(redis.url()));
        Under { name: "redis", store, _folder: None, _redis: Some(redis) }
    }));
    all
}

fn owner(token: &str) -> Owner {
    let bearer = format!("Bearer {token}").parse().unwrap();
    Owner::of(None, &HeaderMap::from_iter([(http::header::AUTHORIZATION, bearer)]))
}

fn key(id: &str) -> Key {
    Key { owner: owner("a"), id: id.to_owned() }
}

const LONG: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn what_is_kept_is_found_by_its_owner_until_it_is_taken_away() {
    for Under { name, store, .. } in all(LONG) {
        store.check().await.unwrap();
        assert_eq!(store.get(key("r")).await.unwrap(), None, "{name}");
        let large = Bytes::from(vec![b'x'; 5 * 1024 * 1024]);
        for value in [Bytes::from_static(b"{\"a\":1}"), Bytes::new(), large] {
            store.put(key("r"), value.clone(), Vec::new()).await.unwrap();
            assert_eq!(store.get(key("r")).await.unwrap(), Some(value), "{name}");
        }
        let foreign = Key { owner: owner("b"), id: "r".to_owned() };
        assert_eq!(store.get(foreign.clone()).await.unwrap(), None, "{name}: another caller's");
        assert!(!store.delete(foreign).await.unwrap(), "{name}: another caller's");
        assert_eq!(store.get(key("r2")).await.unwrap(), None, "{name}");
        assert!(store.delete(key("r")).await.unwrap(), "{name}");
        assert!(!store.delete(key("r")).await.unwrap(), "{name}: it is gone");
        assert_eq!(store.get(key("r")).await.unwrap(), None, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_do_not_meet() {
    for Under { name, store, .. } in all(LONG) {
        let tasks: Vec<_> = (0..64)
            .map(|n| {
                let store = Arc::clone(&store);
                tokio::spawn(async move {
                    let (key, value) = (key(&format!("r{n}")), Bytes::from(format!("value {n}")));
                    store.put(key.clone(), value.clone(), Vec::new()).await.unwrap();
                    assert_eq!(store.get(key).await.unwrap(), Some(value));
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }
}

#[tokio::test]
async fn nothing_is_kept_longer_than_its_time_which_begins_anew_with_every_use() {
    let age = Duration::from_millis(1500);
    let wait = |part: f64| tokio::time::sleep(age.mul_f64(part));
    for Under { name, store, .. } in all(age) {
        store.put(key("used"), Bytes::from_static(b"1"), Vec::new()).await.unwrap();
        store.put(key("unused"), Bytes::from_static(b"2"), Vec::new()).await.unwrap();
        wait(0.6).await;
        store.put(key("next"), Bytes::from_static(b"3"), vec![key("used"), key("never")]).await.unwrap();
        wait(0.6).await;
        assert_eq!(store.get(key("unused")).await.unwrap(), None, "{name}");
        assert!(!store.delete(key("unused")).await.unwrap(), "{name}");
        assert!(store.get(key("used")).await.unwrap().is_some(), "{name}");
        assert!(store.get(key("next")).await.unwrap().is_some(), "{name}");
        assert_eq!(store.get(key("never")).await.unwrap(), None, "{name}: a use makes nothing");
        wait(0.6).await;
        assert_eq!(store.get(key("used")).await.unwrap(), None, "{name}");
    }
}

#[tokio::test]
async fn memory_is_bounded_in_bytes_and_lets_go_of_the_longest_unused() {
    let store = Memory::new(StoreLimits { bytes: 10 * 1024, age: LONG });
    let value = || Bytes::from(vec![0; 2500]);
    for id in ["a", "b", "c"] {
        store.put(key(id), value(), Vec::new()).await.unwrap();
    }
    store.put(key("d"), value(), vec![key("a")]).await.unwrap();
    let left = ["a", "b", "c", "d"].map(|id| store.get_now(&key(id)).is_some());
    assert_eq!(left, [true, false, true, true]);
    let too_large = store.put(key("e"), Bytes::from(vec![0; 10 * 1024]), Vec::new()).await;
    assert_eq!(too_large, Err(StoreError::TooLarge));
    assert!(store.get_now(&key("a")).is_some(), "what cannot be kept drives nothing out");
}

#[tokio::test]
async fn a_file_is_its_owners_alone_and_survives_and_is_never_taken_for_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("replies");
    let limits = StoreLimits::default();
    let store = file::File::open(&path, limits).unwrap();
    store.put(key("r"), Bytes::from_static(b"kept"), Vec::new()).await.unwrap();
    let taken = file::File::open(&path, limits).err().unwrap().to_string();
    assert!(taken.contains("another process"), "{taken}");
    drop(store);
    let store = file::File::open(&path, limits).unwrap();
    assert_eq!(store.get(key("r")).await.unwrap(), Some(Bytes::from_static(b"kept")));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let other = folder.path().join("notes.txt");
    std::fs::write(&other, "my notes").unwrap();
    let refused = file::File::open(&other, limits).err().unwrap().to_string();
    assert!(refused.contains("notes.txt") && refused.contains("another file"), "{refused}");
    assert_eq!(std::fs::read(&other).unwrap(), b"my notes");
    assert!(file::File::open(folder.path(), limits).is_err());
}

#[tokio::test]
async fn what_is_over_leaves_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let age = Duration::from_millis(50);
    let store =
        file::File::open(&folder.path().join("replies"), StoreLimits { age, ..StoreLimits::default() }).unwrap();
    for n in 0..300 {
        store.put(key(&format!("r{n}")), Bytes::from_static(b"x"), Vec::new()).await.unwrap();
    }
    tokio::time::sleep(2 * age).await;
    store.put(key("new"), Bytes::from_static(b"x"), Vec::new()).await.unwrap();
    store.put(key("newer"), Bytes::from_static(b"x"), Vec::new()).await.unwrap();
    assert!(store.count() <= 3, "{} values are left", store.count());
}

#[tokio::test]
async fn a_redis_that_is_gone_is_an_error_in_time_and_one_that_is_back_serves() {
    let Some(mut redis) = RedisServer::start() else { return };
    let store = redis::Redis::over(Arc::new(Link::open(&redis.url()).unwrap()), StoreLimits::default());
    store.put(key("r"), Bytes::from_static(b"x"), Vec::new()).await.unwrap();
    redis.stop();
    let begun = Instant::now();
    assert!(matches!(store.check().await, Err(StoreError::Unavailable(_))));
    assert!(matches!(store.get(key("r")).await, Err(StoreError::Unavailable(_))));
    assert!(matches!(store.put(key("r"), Bytes::new(), Vec::new()).await, Err(StoreError::Unavailable(_))));
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    redis.run();
    let mut is_back = false;
    for _ in 0..50 {
        is_back |= store.check().await.is_ok();
        if is_back {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(is_back);
    assert_eq!(store.get(key("r")).await.unwrap(), None);
}

#[test]
fn a_store_is_named_in_one_word() {
    let parsed = |text: &str| text.parse::<StoreConfig>();
    assert_eq!(parsed("memory").unwrap(), StoreConfig::Memory);
    assert_eq!(parsed("off").unwrap(), StoreConfig::Off);
    assert_eq!(parsed("/var/lib/x").unwrap(), StoreConfig::File("/var/lib/x".into()));
    assert_eq!(parsed("redis://h").unwrap(), StoreConfig::Redis("redis://h".into()));
    let refused = parsed("postgres://me:hunter2@h").unwrap_err().to_string();
    assert!(refused.contains("redis://") && !refused.contains("hunter2"), "{refused}");
    assert_eq!(parsed("rediss://h").unwrap(), StoreConfig::Redis("rediss://h".into()));
    let refused = Link::open("redis://:hunter2@:x:y").err().unwrap().to_string();
    assert!(!refused.contains("hunter2"), "{refused}");
    assert!(parsed("").is_err());
}

#[test]
fn owners_differ_by_each_of_their_keys() {
    let inbound = |key| InboundKey::new(key).unwrap();
    let none = HeaderMap::new();
    let owners = [
        Owner::of(None, &none),
        owner("a"),
        owner("b"),
        Owner::of(Some(&inbound("inbound-1")), &none),
        Owner::of(Some(&inbound("inbound-2")), &none),
        owner("inbound-1"),
    ];
    for (index, owner) in owners.iter().enumerate() {
        assert!(!owners.iter().skip(index + 1).any(|other| other == owner), "{index}");
    }
    assert!(owner("a") == owner("a"));
    assert!(!owner("secret").hex().contains("secret"));
}
