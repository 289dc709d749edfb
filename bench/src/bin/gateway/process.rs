//! A server that is measured, and what it has cost by now.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::{Result, proxy};

/// A process that serves, ended when dropped.
pub struct Server {
    child: Child,
    /// Host and port.
    pub address: String,
}

/// What a process has cost since it began.
#[derive(Debug, Clone, Copy)]
pub struct Spent {
    /// Nanoseconds of processor time.
    pub time: u64,
    /// Calls that write.
    pub writes: u64,
}

/// What a process holds, in MiB.
#[derive(Debug, Clone, Copy)]
pub struct Memory {
    /// The most that it has held.
    pub most: f64,
    /// How much of what it holds now is mapped from files: its own code.
    pub file: f64,
}

impl Server {
    /// `interlingua serve` in front of a Responses upstream.
    pub async fn gateway(binary: &str, upstream: &str) -> Result<Self> {
        let mut command = Command::new(binary);
        command.args(["serve", "--listen", "127.0.0.1:0", "--dialect", "responses", "--upstream"]);
        command
            .arg(format!("http://{upstream}/v1"))
            .env("RUST_LOG", "warn")
            .env("OPENAI_API_KEY", "sk-bench-0123456789");
        command.env_remove("INTERLINGUA_INBOUND_KEY").env_remove("INTERLINGUA_CONFIG");
        Self::start(command).await
    }

    /// A proxy of ours, by this program.
    pub async fn proxy(kind: proxy::Kind, upstream: &str) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["proxy", kind.name(), upstream]);
        Self::start(command).await
    }

    async fn start(mut command: Command) -> Result<Self> {
        // Two threads, as the proxies have.
        command.env("TOKIO_WORKER_THREADS", "2");
        let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true).spawn()?;
        let stderr = child.stderr.take().ok_or("it has no stderr")?;
        let mut lines = BufReader::new(stderr).lines();
        let greeting = timeout(Duration::from_secs(10), lines.next_line()).await??.unwrap_or_default();
        let address = greeting.split("http://").nth(1).and_then(|rest| rest.split(['/', ' ']).next());
        let address = address.ok_or_else(|| format!("it does not say where it listens: {greeting}"))?.to_owned();
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                eprintln!("{line}");
            }
        });
        Ok(Self { child, address })
    }

    fn file(&self, name: &str) -> Result<String> {
        let pid = self.child.id().ok_or("the server has ended")?;
        Ok(std::fs::read_to_string(format!("/proc/{pid}/{name}"))?)
    }

    pub fn spent(&self) -> Result<Spent> {
        let pid = self.child.id().ok_or("the server has ended")?;
        let mut time = 0;
        for thread in std::fs::read_dir(format!("/proc/{pid}/task"))? {
            let spent = std::fs::read_to_string(thread?.path().join("schedstat"))?;
            time += spent.split_whitespace().next().unwrap_or_default().parse::<u64>()?;
        }
        Ok(Spent { time, writes: number(&self.file("io")?, "syscw:")? })
    }

    pub fn memory(&self) -> Result<Memory> {
        let status = self.file("status")?;
        let mib = |name| Result::Ok(number(&status, name)? as f64 / 1024.0);
        Ok(Memory { most: mib("VmHWM:")?, file: mib("RssFile:")? })
    }
}

fn number(text: &str, name: &str) -> Result<u64> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name))
        .ok_or_else(|| format!("the system does not tell {name}"))?;
    Ok(line.split_whitespace().next().unwrap_or_default().parse()?)
}
