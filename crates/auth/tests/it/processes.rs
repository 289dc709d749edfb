//! Several operating-system processes on one file, and processes that may not write it.
#![cfg(unix)]

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    os::unix::{
        fs::{MetadataExt, PermissionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use interlingua_auth::{Credentials, Warning};
use secrecy::ExposeSecret;

use crate::common::{DUE, EXPIRED, SECRET, World, chatgpt, config};

const FILE: &str = "INTERLINGUA_AUTH_TEST_FILE";
const ISSUER: &str = "INTERLINGUA_AUTH_TEST_ISSUER";
const NOBODY: u32 = 65534;

/// This very program, as a child that runs one of the ignored tests below.
fn child(program: &Path, test: &str, world: &World) -> Command {
    let mut command = Command::new(program);
    command.args(["--exact", &format!("processes::{test}"), "--ignored", "--nocapture"]);
    command.env(FILE, world.file()).env(ISSUER, &world.issuer.url);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    command
}

fn child_config() -> interlingua_auth::Config {
    config(Path::new(&std::env::var(FILE).unwrap()), &std::env::var(ISSUER).unwrap())
}

/// Waits for the line a child prints, then for nothing more than that.
fn wait_for(child: &mut Child, line: &str) {
    let mut lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
    assert!(lines.any(|read| read.unwrap().ends_with(line)), "the child ended without saying {line}");
}

fn succeeded(child: Child) -> String {
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    text
}

#[test]
fn processes_that_share_the_file_refresh_once_and_never_reuse() {
    let me = std::env::current_exe().unwrap();
    for _ in 0..3 {
        let world = World::logged_in(EXPIRED);
        world.issuer.state().delay = Duration::from_millis(200);
        let mut children: Vec<_> = (0..2).map(|_| child(&me, "gets_an_access", &world).spawn().unwrap()).collect();
        for child in &mut children {
            wait_for(child, "ready");
        }
        for child in &mut children {
            child.stdin.take().unwrap().write_all(b"go\n").unwrap();
        }
        let bearer = world.json()["tokens"]["access_token"].as_str().unwrap().to_owned();
        for child in children {
            succeeded(child);
        }
        assert_eq!(world.issuer.counts(), (1, 0));
        assert_ne!(world.json()["tokens"]["access_token"], bearer);
    }
}

#[test]
#[ignore = "the child of another test"]
fn gets_an_access() {
    let login = in_runtime(|| chatgpt(&child_config()));
    println!("ready");
    std::io::stdin().read_line(&mut String::new()).unwrap();
    runtime().block_on(async {
        let access = login.access().await.unwrap();
        let file = fs::read_to_string(std::env::var(FILE).unwrap()).unwrap();
        assert!(file.contains(access.bearer().expose_secret()));
    });
}

/// A copy of this program that any user can run, and a folder that only its owner may list, owned by the child's user,
/// who may write neither to it nor to the file. Root may write anywhere, so the child is somebody else then.
fn read_only(world: &World) -> (tempfile::TempDir, PathBuf, Option<u32>) {
    let programs = tempfile::tempdir().unwrap();
    fs::set_permissions(programs.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let program = programs.path().join("child");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let root = fs::metadata(world.home.path()).unwrap().uid() == 0;
    if root {
        chown(world.file(), Some(NOBODY), Some(NOBODY)).unwrap();
        chown(world.home.path(), Some(NOBODY), Some(NOBODY)).unwrap();
    }
    fs::set_permissions(world.file(), fs::Permissions::from_mode(0o400)).unwrap();
    fs::set_permissions(world.home.path(), fs::Permissions::from_mode(0o500)).unwrap();
    (programs, program, root.then_some(NOBODY))
}

fn run(program: &Path, test: &str, world: &World, user: Option<u32>) {
    let mut command = child(program, test, world);
    if let Some(user) = user {
        command.uid(user).gid(user);
    }
    let output = succeeded(command.spawn().unwrap());
    assert!(!output.contains(SECRET), "{output}");
}

#[test]
fn a_read_only_folder_keeps_the_login_in_memory_and_says_so() {
    let world = World::logged_in(EXPIRED);
    let (_programs, program, user) = read_only(&world);
    run(&program, "refreshes_in_memory", &world, user);
    // One refresh when it expired, one for the 401, both without `reused`, and the last one saved once that was possible.
    assert_eq!(world.issuer.counts(), (2, 0));
    assert!(world.issuer.state().requests.iter().all(|(path, ..)| path == "/oauth/token"));
    chatgpt(&world.config());
}

#[test]
#[ignore = "the child of another test"]
fn refreshes_in_memory() {
    runtime().block_on(async {
        let mut config = child_config();
        config.refresh.save_again = Duration::from_millis(200);
        config.refresh.young = Duration::ZERO;
        let before = fs::read(&config.auth_file).unwrap();
        let login = chatgpt(&config);
        let first = login.access().await.unwrap();
        let warning = login.warning().unwrap();
        assert!(matches!(&warning, Warning::NotSaved { problem, .. } if problem.contains("denied")), "{warning}");
        assert_eq!(fs::read(&config.auth_file).unwrap(), before);
        // The file still has the spent token; memory must win.
        let second = login.on_unauthorized(first.generation()).await.unwrap().unwrap();
        assert_ne!(first.bearer().expose_secret(), second.bearer().expose_secret());
        assert_eq!(fs::read(&config.auth_file).unwrap(), before);
        assert!(matches!(login.settled().await, Err(Warning::NotSaved { .. })));
        let home = config.auth_file.parent().unwrap();
        fs::set_permissions(home, fs::Permissions::from_mode(0o700)).unwrap();
        tokio::time::sleep(Duration::from_millis(250)).await;
        login.access().await.unwrap();
        login.settled().await.unwrap();
        assert!(login.warning().is_none());
        assert!(fs::read_to_string(&config.auth_file).unwrap().contains(second.bearer().expose_secret()));
    });
}

#[test]
fn a_token_that_lasts_is_not_spent_where_the_next_one_cannot_be_saved() {
    let world = World::logged_in(DUE);
    let (_programs, program, user) = read_only(&world);
    run(&program, "does_not_spend", &world, user);
    assert_eq!(world.issuer.counts(), (0, 0));
}

#[test]
#[ignore = "the child of another test"]
fn does_not_spend() {
    runtime().block_on(async {
        let login = chatgpt(&child_config());
        for _ in 0..3 {
            login.access().await.unwrap();
            assert!(matches!(login.warning(), Some(Warning::NotWritable { .. })));
        }
    });
}

/// A file size limit of nothing is a disk without a free byte: every write fails, for root too.
#[test]
fn a_full_disk_keeps_the_login_in_memory_and_says_so() {
    let world = World::logged_in(EXPIRED);
    let before = fs::read(world.file()).unwrap();
    let me = std::env::current_exe().unwrap();
    let inner = child(&me, "refreshes_on_a_full_disk", &world);
    let mut command = Command::new("sh");
    command
        .args(["-c", r#"trap "" XFSZ; ulimit -f 0; exec "$@""#, "sh"])
        .arg(inner.get_program())
        .args(inner.get_args());
    command.env(FILE, world.file()).env(ISSUER, &world.issuer.url).stdout(Stdio::piped());
    succeeded(command.spawn().unwrap());
    assert_eq!(world.issuer.counts(), (1, 0));
    assert_eq!(fs::read(world.file()).unwrap(), before);
    assert_eq!(world.leftovers(), Vec::<String>::new());
}

#[test]
#[ignore = "the child of another test"]
fn refreshes_on_a_full_disk() {
    runtime().block_on(async {
        let login = chatgpt(&child_config());
        let first = login.access().await.unwrap();
        let again = login.access().await.unwrap();
        assert_eq!(first.generation(), again.generation());
        let warning = login.warning().unwrap();
        assert!(matches!(&warning, Warning::NotSaved { problem, .. } if problem.contains("too large")), "{warning}");
    });
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn in_runtime<T>(work: impl FnOnce() -> T) -> T {
    runtime().block_on(async { work() })
}
