//! The program under load, and how much memory it has.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::Result;

/// `interlingua serve`, ended when dropped.
pub struct Gateway {
    child: Child,
    /// Host and port.
    pub address: String,
}

impl Gateway {
    /// Starts it in front of a Responses upstream; what happens is captured into a folder and shown on the page where there is
    /// one.
    pub async fn start(binary: &str, upstream: &str, watched: Option<&Path>) -> Result<Self> {
        let mut command = Command::new(binary);
        command.args(["serve", "--listen", "127.0.0.1:0", "--dialect", "responses", "--upstream"]);
        command.arg(format!("http://{upstream}/v1")).env("RUST_LOG", "warn").env("INTERLINGUA_STORE", "off");
        command.env_remove("OPENAI_API_KEY").env_remove("INTERLINGUA_INBOUND_KEY").env_remove("INTERLINGUA_CONFIG");
        command.env_remove("INTERLINGUA_CAPTURE").env_remove("INTERLINGUA_INSPECT");
        if let Some(folder) = watched {
            command.arg("--inspect").arg("--capture").arg(folder);
        }
        let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true).spawn()?;
        let stderr = child.stderr.take().ok_or("it has no stderr")?;
        let mut lines = BufReader::new(stderr).lines();
        let greeting = timeout(Duration::from_secs(10), lines.next_line()).await??.unwrap_or_default();
        let address = greeting.split("http://").nth(1).and_then(|rest| rest.split('/').next());
        let address = address.ok_or_else(|| format!("it does not say where it listens: {greeting}"))?.to_owned();
        // What it warns of is told here; with nobody to read it, it would wait some time.
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                eprintln!("{line}");
            }
        });
        Ok(Self { child, address })
    }

    /// What it holds now and has held at most, for a person.
    pub fn memory(&self) -> Result<String> {
        let mib = |name| self.status(name).map(|bytes| bytes >> 20);
        Ok(format!("{:>4} MiB, at most {:>4} MiB", mib("VmRSS:")?, mib("VmHWM:")?))
    }

    /// The bytes that it holds now.
    pub fn resident(&self) -> Result<u64> {
        self.status("VmRSS:")
    }

    /// The seconds of a processor that it has used.
    pub fn processor(&self) -> Result<f64> {
        /// What Linux counts in, on every machine that this runs on.
        const TICKS: f64 = 100.0;
        let pid = self.child.id().ok_or("the gateway has ended")?;
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
        // Behind the name, which may hold anything: the 12th and 13th field there.
        let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
        let ticks = fields.map(str::parse::<u64>).sum::<std::result::Result<u64, _>>()?;
        Ok(ticks as f64 / TICKS)
    }

    fn status(&self, name: &str) -> Result<u64> {
        let pid = self.child.id().ok_or("the gateway has ended")?;
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
        let line =
            status.lines().find_map(|line| line.strip_prefix(name)).ok_or("the system does not tell its memory")?;
        let kib: u64 = line.split_whitespace().next().unwrap_or_default().parse()?;
        Ok(kib * 1024)
    }

    /// Ends it as Ctrl-C does.
    pub async fn stop(mut self) -> Result<()> {
        let pid = self.child.id().ok_or("the gateway has ended on its own")?;
        Command::new("kill").args(["-INT", &pid.to_string()]).status().await?;
        let status = timeout(Duration::from_secs(20), self.child.wait()).await??;
        if status.success() { Ok(()) } else { Err(format!("the gateway ended with {status}").into()) }
    }
}
