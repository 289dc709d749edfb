//! A Redis of a test's own.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running server, on a port of its own and without a disk; it ends with this.
pub(crate) struct RedisServer {
    process: Option<Child>,
    port: u16,
}

impl RedisServer {
    /// Starts one. `None`, with a word, where the machine has none, unless INTERLINGUA_TEST_REDIS demands it.
    #[allow(
        clippy::print_stderr,
        clippy::allow_attributes,
        reason = "whoever runs the tests is told that some were not run"
    )]
    pub(crate) fn start() -> Option<Self> {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let mut server = Self { process: None, port };
        if server.run() {
            return Some(server);
        }
        assert!(std::env::var_os("INTERLINGUA_TEST_REDIS").is_none(), "there is no redis-server");
        eprintln!("skipped: there is no redis-server");
        None
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Ends it at once.
    pub(crate) fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }

    /// Starts it, again on the same port, and empty; whether there is one.
    pub(crate) fn run(&mut self) -> bool {
        let port = self.port.to_string();
        let settings = ["--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
        let started = Command::new("redis-server").args(settings).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let Ok(process) = started else { return false };
        self.process = Some(process);
        let begun = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(20), "redis-server does not start");
            std::thread::sleep(Duration::from_millis(20));
        }
        true
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.stop();
    }
}
