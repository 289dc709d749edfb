//! Load on a gateway: many streams at the pace of a model, a client that does not read, many requests, and the streams once
//! more with all of them captured, shown and counted. Fails at the first
//! thing that goes wrong; times and memory it prints, and does not judge. `bash ci/load.sh` builds what it needs and runs it.

mod client;
mod gateway;
mod upstream;

use std::time::{Duration, Instant};

use client::{Api, Whole};
use gateway::Gateway;
use upstream::Upstream;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// How much of it.
struct Plan {
    binary: String,
    streams: usize,
    events: usize,
    pause: Duration,
    requests: usize,
    connections: usize,
}

const HELP: &str =
    "load GATEWAY [--small]: GATEWAY is the program `interlingua`; --small is a plan for a check, not a measurement";

impl Plan {
    fn of_arguments() -> Result<Self> {
        let mut plan = Self {
            binary: String::new(),
            streams: 1000,
            events: 300,
            pause: Duration::from_millis(10),
            requests: 20_000,
            connections: 64,
        };
        for argument in std::env::args().skip(1) {
            match argument.as_str() {
                "--small" => (plan.streams, plan.events, plan.requests, plan.connections) = (50, 50, 500, 16),
                "--help" => return Err(HELP.into()),
                _ => plan.binary = argument,
            }
        }
        if plan.binary.is_empty() { Err(HELP.into()) } else { Ok(plan) }
    }
}

fn main() {
    let ended = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Into::into)
        .and_then(|runtime| runtime.block_on(async { run(Plan::of_arguments()?).await }));
    if let Err(error) = ended {
        eprintln!("error: {error}");
        std::process::exit(1);
    }
}

async fn run(plan: Plan) -> Result<()> {
    let upstream = Upstream::start(plan.events, plan.pause).await?;
    let gateway = Gateway::start(&plan.binary, &upstream.address, None).await?;
    println!("{:<44} {}", "gateway at rest", gateway.memory()?);
    let unseen = streams(&plan, &gateway, "").await?;
    unread(&upstream, &gateway).await?;
    requests(&plan, &gateway).await?;
    gateway.stop().await?;
    watched(&plan, &upstream, &unseen).await
}

/// What a load cost the gateway.
struct Cost {
    /// Seconds of a processor.
    processor: f64,
    /// Until 99 of a hundred clients had their first event.
    first: Duration,
    /// Bytes held at the end.
    memory: u64,
}

/// The same streams, all of them captured and shown on the page, and the page and the numbers asked for all the time.
async fn watched(plan: &Plan, upstream: &Upstream, unseen: &Cost) -> Result<()> {
    let folder = std::env::temp_dir().join(format!("interlingua-load-{}", std::process::id()));
    let gateway = Gateway::start(&plan.binary, &upstream.address, Some(&folder)).await?;
    let address = gateway.address.clone();
    let looking = tokio::spawn(async move {
        loop {
            for path in ["/metrics", "/inspect/exchanges"] {
                client::page(&address, path).await?;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    });
    let seen = streams(plan, &gateway, ", all watched").await?;
    if looking.is_finished() {
        let ended: Result<()> = looking.await?;
        return Err(format!("the pages could not be had: {:?}", ended.err()).into());
    }
    looking.abort();
    // It ends when everything is written.
    gateway.stop().await?;
    let captured = std::fs::read_dir(folder.join("responses"))?.count();
    std::fs::remove_dir_all(&folder)?;
    if captured != plan.streams {
        return Err(format!("{captured} of {} streams were captured", plan.streams).into());
    }
    println!(
        "{:<44} processor x {:.2} ({:.1} s, {:.1} s unwatched), memory x {:.2}, first event x {:.2}",
        "capture, inspector and numbers cost",
        seen.processor / unseen.processor,
        seen.processor,
        unseen.processor,
        seen.memory as f64 / unseen.memory as f64,
        seen.first.as_secs_f64() / unseen.first.as_secs_f64(),
    );
    Ok(())
}

/// All at once, half of them translated and half passed on. Each has to be whole.
async fn streams(plan: &Plan, gateway: &Gateway, how: &str) -> Result<Cost> {
    let (begun, before) = (Instant::now(), gateway.processor()?);
    let mut under_way = Vec::with_capacity(plan.streams);
    for place in 0..plan.streams {
        let (address, events) = (gateway.address.clone(), plan.events);
        under_way.push(tokio::spawn(async move { client::stream(&address, Api::of(place), events).await }));
    }
    let mut firsts = Vec::with_capacity(plan.streams);
    for (place, stream) in under_way.into_iter().enumerate() {
        firsts.push(stream.await?.map_err(|error| format!("stream {place}: {error}"))?);
    }
    firsts.sort_unstable();
    let pace = plan.pause * u32::try_from(plan.events)?;
    let what = format!("{} streams of {} events at {} ms{how}", plan.streams, plan.events, plan.pause.as_millis());
    let worst = firsts.get(firsts.len() * 99 / 100).copied().unwrap_or_default();
    println!(
        "{what:<44} {}; {:.1} s for {:.1} s, first event within {} ms for 99 %",
        gateway.memory()?,
        begun.elapsed().as_secs_f64(),
        pace.as_secs_f64(),
        worst.as_millis()
    );
    Ok(Cost { processor: gateway.processor()? - before, first: worst, memory: gateway.resident()? })
}

/// Who asks for a flood and reads nothing of it holds the upstream back, and not the flood in memory.
async fn unread(upstream: &Upstream, gateway: &Gateway) -> Result<()> {
    /// More than the buffers of all sockets on the way, and of both programs.
    const MOST: u64 = 64 * 1024 * 1024;
    for api in [Api::Chat, Api::Responses] {
        let before = gateway.resident()?;
        let sent_before = upstream.sent();
        let socket = client::flood(&gateway.address, api).await?;
        let mut sent = 0;
        // Until nothing has gone out for a second.
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let now = upstream.sent() - sent_before;
            if now == sent && now > 0 {
                break;
            }
            if now > 16 * MOST {
                return Err(format!("{api:?}: the upstream could send {now} bytes to nobody").into());
            }
            sent = now;
        }
        let grown = gateway.resident()?.saturating_sub(before);
        if grown > MOST {
            return Err(format!("{api:?}: {grown} bytes are held for a client that does not read").into());
        }
        println!(
            "{:<44} {}; held back after {} KiB",
            format!("a client of {api:?} that does not read"),
            gateway.memory()?,
            sent / 1024
        );
        drop(socket);
        // Who goes away takes the upstream along.
        let until = Instant::now() + Duration::from_secs(5);
        while upstream.floods() > 0 {
            if Instant::now() > until {
                return Err(format!("{api:?}: the upstream goes on for a client that has gone").into());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    Ok(())
}

async fn requests(plan: &Plan, gateway: &Gateway) -> Result<()> {
    let begun = Instant::now();
    let mut under_way = Vec::with_capacity(plan.connections);
    let mut left = plan.requests;
    for place in 0..plan.connections {
        let share = left / (plan.connections - place);
        left -= share;
        let address = gateway.address.clone();
        under_way.push(tokio::spawn(async move {
            let mut connection = Whole::connect(&address, Api::of(place)).await?;
            for _ in 0..share {
                connection.ask().await?;
            }
            Result::Ok(())
        }));
    }
    for connection in under_way {
        connection.await??;
    }
    let seconds = begun.elapsed().as_secs_f64();
    let what = format!("{} requests over {} connections", plan.requests, plan.connections);
    println!("{what:<44} {}; {seconds:.1} s, {:.0} a second", gateway.memory()?, plan.requests as f64 / seconds);
    Ok(())
}
