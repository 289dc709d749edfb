//! What the gateway costs, beside two proxies that only pass on: processor time and write calls for each reply, and memory.
//!
//! `gateway ROWS ROUNDS BINARY` measures the program `interlingua` and writes its rows, as `cargo xtask bench` reads them.
//! Client and upstream are in this process, and each server that is measured is one of its own, on two threads.

mod client;
mod process;
mod proxy;
mod upstream;

use std::fmt::Write as _;

use client::{Client, Load};
use process::Server;
use upstream::{Pace, Upstream};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

const HELP: &str =
    "gateway ROWS ROUNDS BINARY: where rows go, how often each is measured, and the program `interlingua`";

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["proxy", kind, upstream] => runtime.block_on(proxy::run(kind.parse()?, upstream)),
        [rows, rounds, binary] => {
            let rows_written = runtime.block_on(measured(binary, rounds.parse()?))?;
            Ok(std::fs::write(rows, rows_written)?)
        }
        _ => Err(HELP.into()),
    }
}

/// The servers that are measured: the gateway translates, the others pass the upstream's bytes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Gateway,
    Plain,
    Joining,
}

const KINDS: [Kind; 3] = [Kind::Joining, Kind::Plain, Kind::Gateway];

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Gateway => "interlingua, Responses to Chat",
            Self::Plain => "a plain proxy",
            Self::Joining => "a joining proxy",
        }
    }

    async fn start(self, binary: &str, upstream: &str) -> Result<Server> {
        match self {
            Self::Gateway => Server::gateway(binary, upstream).await,
            Self::Plain => Server::proxy(proxy::Kind::Plain, upstream).await,
            Self::Joining => Server::proxy(proxy::Kind::Joining, upstream).await,
        }
    }

    fn client(self, server: &Server) -> Client {
        let is_chat = self == Self::Gateway;
        Client::new(&server.address, is_chat)
    }
}

/// Where the time of a burst goes, as `perf record` says.
const BURST: &str = "36 % reads events and writes chunks, 23 % is the kernel's, 11 % are the 300 allocations of a request and its \
    reply, 10 % moving and comparing bytes, 7 % axum, hyper and http around it";

/// Where the time of slow streams goes.
const PACED: &str = "62 % is the kernel's, for the read, the write and the wait of each event; 11 % reads the event and writes \
    the chunk, 10 % are the layers of the reply, 7 % hyper and tokio, 1 % the two timers of a stream and the clock";

/// What one kind of server cost in all rounds.
#[derive(Default)]
struct Costs {
    /// Nanoseconds of processor time for a reply.
    time: Vec<f64>,
    writes: Vec<f64>,
}

async fn measured(binary: &str, rounds: u32) -> Result<String> {
    let mut rows = String::new();
    let burst = Upstream::start(Pace::AtOnce).await?;
    let paced = Upstream::start(Pace::Every(std::time::Duration::from_millis(10))).await?;
    let group = "gateway, 208 events at once";
    about(&mut rows, group, "A reply of 208 events that are there at once, over connections that stay open.");
    about(
        &mut rows,
        group,
        "A joining proxy drives the upstream's connection itself and writes at once what it has read at once; \
        a plain one writes each piece as it comes.",
    );
    for streams in [1, 32, 256] {
        let load = Load { streams, replies: 400.max(streams * 3) };
        let costs = compared(binary, &burst, load, rounds).await?;
        let bound = median(&costs[0].time);
        for (kind, cost) in KINDS.iter().zip(&costs) {
            let limits = if (*kind, streams) == (Kind::Gateway, 32) { Some((2.0, 1.1)) } else { None };
            let name = format!("{}, {streams} streams", kind.name());
            let note = limits.map(|_| BURST.to_owned());
            row(&mut rows, group, &name, "processor time, × a joining proxy", median(&cost.time) / bound, limits, note);
        }
        for (kind, cost) in KINDS.iter().zip(&costs).filter(|_| streams == 32) {
            let limits = (*kind == Kind::Gateway).then_some((6.0, 3.0));
            row(&mut rows, group, kind.name(), "write calls for a reply", median(&cost.writes), limits, None);
        }
    }
    let group = "gateway, an event every 10 ms";
    about(&mut rows, group, "The same reply, an event every 10 ms on each of the streams.");
    for streams in [128, 256] {
        let costs = compared(binary, &paced, Load { streams, replies: streams }, rounds.min(3)).await?;
        let bound = median(&costs[1].time);
        for (kind, cost) in KINDS.iter().zip(&costs) {
            let limits = if (*kind, streams) == (Kind::Gateway, 128) { Some((1.2, 1.0)) } else { None };
            let name = format!("{}, {streams} streams", kind.name());
            let note = limits.map(|_| PACED.to_owned());
            row(&mut rows, group, &name, "processor time, × a plain proxy", median(&cost.time) / bound, limits, note);
        }
    }
    let group = "gateway, memory";
    about(&mut rows, group, "The most that a process has held, which began for this row alone.");
    for kind in KINDS {
        let mut row = |what: &str, memory: process::Memory, must, aim| {
            let is_ours = kind == Kind::Gateway;
            let name = format!("{}, {what}", kind.name());
            let note = format!(
                "{:.1} MiB of it are the program itself, mapped from its file; a stream holds 16 KiB of hyper's for its client",
                memory.file
            );
            row(&mut rows, group, &name, "MiB", memory.most, is_ours.then_some((must, aim)), is_ours.then_some(note));
        };
        let server = kind.start(binary, &burst.address).await?;
        row("at rest", server.memory()?, 10.0, 6.0);
        kind.client(&server).run(Load { streams: 256, replies: 256 * 8 }).await?;
        row("256 streams at once", server.memory()?, 40.0, 30.0);
        drop(server);
        let server = kind.start(binary, &paced.address).await?;
        kind.client(&server).run(Load { streams: 256, replies: 256 }).await?;
        row("256 streams every 10 ms", server.memory()?, 25.0, 16.0);
    }
    Ok(rows)
}

/// All kinds of servers in turns, in the order of [`KINDS`].
async fn compared(binary: &str, upstream: &Upstream, load: Load, rounds: u32) -> Result<Vec<Costs>> {
    let mut servers = Vec::new();
    for kind in KINDS {
        let server = kind.start(binary, &upstream.address).await?;
        let client = kind.client(&server);
        client.run(Load { streams: load.streams, replies: load.streams }).await?;
        servers.push((server, client));
    }
    let mut costs: Vec<Costs> = KINDS.iter().map(|_| Costs::default()).collect();
    for _ in 0..rounds {
        for ((server, client), cost) in servers.iter().zip(&mut costs) {
            let before = server.spent()?;
            client.run(load).await?;
            let after = server.spent()?;
            let replies = load.replies as f64;
            cost.time.push((after.time - before.time) as f64 / replies);
            cost.writes.push((after.writes - before.writes) as f64 / replies);
        }
    }
    Ok(costs)
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

fn about(rows: &mut String, group: &str, sentence: &str) {
    let _ = writeln!(rows, "{}", serde_json::json!({ "group": group, "about": sentence }));
}

fn row(
    rows: &mut String,
    group: &str,
    name: &str,
    unit: &str,
    value: f64,
    limits: Option<(f64, f64)>,
    note: Option<String>,
) {
    let mut row = serde_json::json!({ "group": group, "row": name, "unit": unit, "value": value });
    if let Some((must, aim)) = limits {
        row["must"] = must.into();
        row["aim"] = aim.into();
    }
    if let Some(note) = note {
        row["note"] = note.into();
    }
    println!("{group}: {name}: {value:.2} {unit}");
    let _ = writeln!(rows, "{row}");
}
