//! Where a renewed login goes when its file is out of reach, and what is no file for one.
#![cfg(unix)]

use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use interlingua_auth::{Credentials, Error, FileProblem, Warning, open, status};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::common::{DUE, EXPIRED, FRESH, World, chatgpt, client, config, write_login};

type Make<'a> = &'a dyn Fn(&Path);

#[tokio::test]
async fn what_is_no_file_of_a_login_is_refused_at_once_and_left_alone() {
    let world = World::empty();
    let file = world.file();
    let make_fifo = |path: &Path| assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    let cases: [(&str, Make<'_>, &str); 4] = [
        ("a FIFO", &make_fifo, "no regular file"),
        ("a folder", &|path| fs::create_dir(path).unwrap(), "a folder"),
        ("a device", &|path| std::os::unix::fs::symlink("/dev/zero", path).unwrap(), "no regular file"),
        ("a huge file", &|path| File::create(path).unwrap().set_len(1 << 40).unwrap(), "longer than"),
    ];
    for (what, make, word) in cases {
        make(&file);
        let config = world.config();
        let opened = tokio::task::spawn_blocking(move || (open(&config, &client()).map(|_| ()), status(&config)));
        let (opened, status) = tokio::time::timeout(Duration::from_secs(10), opened).await.unwrap().unwrap();
        for error in [opened.unwrap_err(), status.unwrap_err()] {
            let is_malformed =
                matches!(&error, Error::File(error) if matches!(error.problem, FileProblem::Malformed(_)));
            assert!(is_malformed && error.to_string().contains(word), "{what}: {error}");
        }
        let metadata = fs::symlink_metadata(&file).unwrap();
        if metadata.is_dir() { fs::remove_dir(&file).unwrap() } else { fs::remove_file(&file).unwrap() }
    }
    assert_eq!(world.issuer.counts(), (0, 0));
}

/// The Codex CLI compares and writes under both of its locks, and asks the issuer under none.
#[tokio::test]
async fn the_locks_of_the_codex_cli_are_taken_to_save_and_not_to_ask() {
    let world = World::logged_in(EXPIRED);
    let locks = ["auth.lock", "auth.json.lock"].map(|name| world.home.path().join(name));
    let free = Arc::new(Mutex::new(Vec::new()));
    let (seen, paths) = (Arc::clone(&free), locks.clone());
    world.issuer.state().before_answer = Some(Box::new(move || {
        let is_free = |path| File::create(path).is_ok_and(|file| file.try_lock().is_ok());
        seen.lock().unwrap().extend(paths.iter().map(is_free));
    }));
    let login = world.open();
    login.access().await.unwrap();
    assert_eq!(*free.lock().unwrap(), [true, true]);

    for path in locks {
        let world = World::logged_in(EXPIRED);
        let held = File::create(world.home.path().join(path.file_name().unwrap())).unwrap();
        held.lock().unwrap();
        let before = fs::read(world.file()).unwrap();
        let login = world.open();
        let access = tokio::spawn(async move { login.access().await });
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!((world.issuer.counts(), fs::read(world.file()).unwrap()), ((1, 0), before), "{}", path.display());
        drop(held);
        let access = access.await.unwrap().unwrap();
        assert_eq!(world.json()["tokens"]["access_token"], access.bearer().expose_secret());
    }
}

#[tokio::test]
async fn a_login_that_came_meanwhile_is_not_replaced_by_an_older_one_renewed() {
    let world = World::logged_in(EXPIRED);
    let file = world.file();
    let newer = world.issuer.login(FRESH);
    let theirs = newer.clone();
    world.issuer.state().before_answer = Some(Box::new(move || write_login(&file, &theirs)));
    let login = world.open();
    let access = login.access().await.unwrap();
    assert_eq!(access.bearer().expose_secret(), newer["access_token"].as_str().unwrap());
    assert_eq!(world.json()["tokens"]["refresh_token"], newer["refresh_token"]);
    assert!(login.warning().is_none());
    login.settled().await.unwrap();
}

#[tokio::test]
async fn what_else_came_into_the_file_meanwhile_stays() {
    let world = World::logged_in(EXPIRED);
    let (file, mut changed) = (world.file(), world.json());
    changed["new"] = json!({ "by": "somebody" });
    world.issuer.state().before_answer = Some(Box::new(move || fs::write(&file, changed.to_string()).unwrap()));
    let access = world.open().access().await.unwrap();
    assert_eq!(world.json()["new"], json!({ "by": "somebody" }));
    assert_eq!(world.json()["tokens"]["access_token"], access.bearer().expose_secret());
}

#[tokio::test]
async fn who_logged_out_meanwhile_stays_logged_out() {
    let world = World::logged_in(EXPIRED);
    let file = world.file();
    world.issuer.state().before_answer = Some(Box::new(move || fs::remove_file(&file).unwrap()));
    let login = world.open();
    login.access().await.unwrap();
    login.settled().await.unwrap();
    assert!(!world.file().exists());
    assert_eq!(world.leftovers(), Vec::<String>::new());
}

// ---- Real file systems, in a mount namespace of the child's own.

const FILE: &str = "INTERLINGUA_AUTH_TEST_FILE";
const ISSUER: &str = "INTERLINGUA_AUTH_TEST_ISSUER";

/// Runs one of the ignored tests below as a process whose mounts `script` has changed; `$1` is the home, `$2` the file.
/// `None`, and a word about it, where no such thing can be done.
fn mounted(script: &str, test: &str, world: &World) -> Option<()> {
    let namespace = [&["--mount"][..], &["--map-root-user", "--mount"]].into_iter().find(|flags| {
        let tried = Command::new("unshare").args(*flags).arg("true").stderr(Stdio::null()).status();
        tried.is_ok_and(|status| status.success())
    });
    let Some(namespace) = namespace else {
        let _ = writeln!(io::stdout(), "skipped: no mount namespace can be made here (unshare --mount)");
        return None;
    };
    let output = Command::new("unshare")
        .args(namespace)
        .args(["sh", "-ec", &format!("{script}\nshift 2; exec \"$@\""), "sh"])
        .args([world.home.path(), &world.file(), &std::env::current_exe().unwrap()])
        .args(["--exact", &format!("saving::{test}"), "--ignored", "--nocapture"])
        .envs([(FILE, world.file().into_os_string()), (ISSUER, world.issuer.url.clone().into())])
        .output()
        .unwrap();
    let words = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && words.contains("1 passed"), "{words}");
    Some(())
}

/// A disk of 32 KiB on which nothing is left but what the login takes up.
const FULL_DISK: &str = r#"
cp "$2" /dev/shm/login.$$
mount -t tmpfs -o size=32k tmpfs "$1"
cp /dev/shm/login.$$ "$2"; rm /dev/shm/login.$$
dd if=/dev/zero of="$1/rest" bs=4k 2>/dev/null || true
"#;
const READ_ONLY: &str = r#"mount --bind "$1" "$1"; mount -o remount,bind,ro "$1""#;
/// How a container gets a single file: its folder is the container's own, and the file can be written but not replaced.
const FILE_ALONE: &str = r#"mount --bind "$2" "$2""#;
const FILE_ALONE_IN_A_READ_ONLY_FOLDER: &str =
    r#"mount --bind "$1" "$1"; mount --bind "$2" "$2"; mount -o remount,bind,ro "$1"; mount -o remount,bind,rw "$2""#;

#[test]
fn a_full_disk_takes_the_renewed_login_in_the_place_of_the_old_one() {
    let world = World::logged_in(EXPIRED);
    let Some(()) = mounted(FULL_DISK, "is_saved", &world) else { return };
    assert_eq!(world.issuer.counts(), (2, 0));
}

#[test]
fn a_full_disk_without_room_for_a_longer_login_is_told() {
    let world = World::logged_in(EXPIRED);
    // The next tokens are longer by a digit each, and the file takes up its last page to the last byte.
    for _ in 0..9 {
        world.issuer.login(FRESH);
    }
    let filled = |by: usize| {
        let mut file = world.json();
        file["filling"] = json!("x".repeat(by));
        file.to_string()
    };
    let page = filled(0).len().next_multiple_of(4096);
    fs::write(world.file(), filled(page - filled(0).len())).unwrap();
    assert_eq!(fs::metadata(world.file()).unwrap().len() % 4096, 0);
    mounted(FULL_DISK, "is_told_of_a_full_disk", &world);
}

#[test]
fn a_home_mounted_read_only_is_told() {
    let world = World::logged_in(EXPIRED);
    let before = fs::read(world.file()).unwrap();
    let Some(()) = mounted(READ_ONLY, "is_told_of_a_read_only_home", &world) else { return };
    assert_eq!(world.issuer.counts(), (1, 0));
    assert_eq!(fs::read(world.file()).unwrap(), before);
    assert_eq!(world.leftovers(), Vec::<String>::new());
}

#[test]
fn a_token_that_lasts_is_not_spent_in_a_home_mounted_read_only() {
    let world = World::logged_in(DUE);
    let Some(()) = mounted(READ_ONLY, "is_not_spent", &world) else { return };
    assert_eq!(world.issuer.counts(), (0, 0));
}

#[test]
fn a_file_that_is_mounted_alone_is_written_over() {
    for script in [FILE_ALONE, FILE_ALONE_IN_A_READ_ONLY_FOLDER] {
        let world = World::logged_in(EXPIRED);
        let before = world.json();
        let Some(()) = mounted(script, "is_saved", &world) else { return };
        assert_ne!(world.json()["tokens"]["refresh_token"], before["tokens"]["refresh_token"], "{script}");
        assert_eq!(world.json()["zeta"].to_string(), before["zeta"].to_string());
        assert_eq!(world.leftovers(), Vec::<String>::new(), "{script}");
    }
}

fn child_config() -> interlingua_auth::Config {
    config(Path::new(&std::env::var(FILE).unwrap()), &std::env::var(ISSUER).unwrap())
}

fn in_file(config: &interlingua_auth::Config) -> Value {
    serde_json::from_slice(&fs::read(&config.auth_file).unwrap()).unwrap()
}

#[tokio::test]
#[ignore = "the child of another test"]
async fn is_saved() {
    let config = child_config();
    let login = chatgpt(&config);
    let access = login.access().await.unwrap();
    assert!(login.warning().is_none(), "{:?}", login.warning());
    login.settled().await.unwrap();
    assert_eq!(in_file(&config)["tokens"]["access_token"], access.bearer().expose_secret());
    // Whoever comes next has what it needs.
    let next = chatgpt(&config);
    let renewed = next.on_unauthorized(next.access().await.unwrap().generation()).await.unwrap().unwrap();
    assert_eq!(in_file(&config)["tokens"]["access_token"], renewed.bearer().expose_secret());
}

#[tokio::test]
#[ignore = "the child of another test"]
async fn is_told_of_a_full_disk() {
    is_told("no space left").await;
}

#[tokio::test]
#[ignore = "the child of another test"]
async fn is_told_of_a_read_only_home() {
    is_told("read-only").await;
}

async fn is_told(problem: &str) {
    let config = child_config();
    let before = fs::read(&config.auth_file).unwrap();
    let login = chatgpt(&config);
    let told = Arc::new(Mutex::new(Vec::new()));
    let told_to = Arc::clone(&told);
    login.on_warning(move |warning| told_to.lock().unwrap().push(warning.to_string()));
    login.access().await.unwrap();
    let warning = login.settled().await.unwrap_err();
    assert!(matches!(&warning, Warning::NotSaved { problem: said, .. } if said.contains(problem)), "{warning}");
    assert_eq!(*told.lock().unwrap(), [warning.to_string()], "at once, and once");
    assert_eq!(fs::read(&config.auth_file).unwrap(), before);
}

#[tokio::test]
#[ignore = "the child of another test"]
async fn is_not_spent() {
    let login = chatgpt(&child_config());
    login.access().await.unwrap();
    assert!(matches!(login.warning(), Some(Warning::NotWritable { .. })));
    login.settled().await.unwrap();
}
