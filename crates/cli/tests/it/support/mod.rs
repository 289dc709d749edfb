//! Running the binary as a person or a script does.
#![allow(dead_code, clippy::allow_attributes, reason = "each test file uses a part of it")]
#![expect(clippy::unwrap_used, reason = "a setup that fails is a failed test")]

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// The one line of an error under `--json`.
pub(crate) fn error(run: &Run) -> serde_json::Value {
    assert_eq!(run.code, Some(1), "{run:?}");
    assert_eq!(run.out, "");
    assert_eq!(run.err.lines().count(), 1, "{run:?}");
    serde_json::from_str(&run.err).unwrap()
}

/// A folder of its own, which is also the home of the login.
pub(crate) struct Scratch(TempDir);

impl Scratch {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        std::fs::write(self.path(name), bytes).unwrap();
        self.path(name).to_str().unwrap().to_owned()
    }

    /// The binary, out of reach of whatever the machine has set.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_interlingua"));
        let ours =
            std::env::vars_os().map(|(name, _)| name).filter(|name| name.to_string_lossy().starts_with("INTERLINGUA_"));
        for name in ours.chain(
            [
                "OPENAI_API_KEY",
                "ANTHROPIC_API_KEY",
                "ANTHROPIC_AUTH_TOKEN",
                "HTTP_PROXY",
                "http_proxy",
                "ALL_PROXY",
                "all_proxy",
                "RUST_LOG",
            ]
            .map(Into::into),
        ) {
            command.env_remove(name);
        }
        command.env("CODEX_HOME", self.path("home")).args(args);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Run {
        finish(self.command(args).spawn().unwrap())
    }

    pub(crate) fn run_with(&self, args: &[&str], stdin: impl AsRef<[u8]>) -> Run {
        let mut child = self.command(args).stdin(Stdio::piped()).spawn().unwrap();
        let mut pipe = child.stdin.take().unwrap();
        let input = stdin.as_ref().to_vec();
        let writer = std::thread::spawn(move || {
            // A run that refuses early does not read to the end.
            let _ = pipe.write_all(&input);
        });
        let run = finish(child);
        writer.join().unwrap();
        run
    }
}

fn finish(child: Child) -> Run {
    let output = child.wait_with_output().unwrap();
    Run {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A running `interlingua serve`, stopped when it is dropped.
pub(crate) struct Serving {
    child: Child,
    /// The first line it wrote.
    pub(crate) greeting: String,
}

impl Serving {
    /// Starts it and waits until it says that it serves, or what it says instead.
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut greeting = String::new();
        BufReader::new(child.stderr.as_mut().unwrap()).read_line(&mut greeting).unwrap();
        Self { child, greeting }
    }

    pub(crate) fn base_url(&self) -> String {
        let from = self.greeting.find("http://").unwrap();
        self.greeting.get(from..).unwrap().split_whitespace().next().unwrap().to_owned()
    }

    /// Asks it to end, as Ctrl-C does, and gives its exit status.
    #[cfg(unix)]
    pub(crate) fn interrupt(mut self) -> Option<i32> {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
