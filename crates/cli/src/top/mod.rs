//! `interlingua top`: what a gateway does, live, in the terminal.

mod gateway;
mod numbers;
mod view;

use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use anyhow::{Result, bail};
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use tokio::sync::mpsc;

use self::gateway::Gateway;
use self::view::{View, draw};

/// Watch a running gateway: streams, rates and windows of the plan, anew each second
///
/// With an inbound key the gateway wants it here too, in INTERLINGUA_INBOUND_KEY. Single requests are shown where the gateway
/// runs with --inspect.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where the gateway listens [default: 127.0.0.1:4141]
    #[arg(long, env = "INTERLINGUA_LISTEN", value_name = "ADDRESS:PORT")]
    listen: Option<String>,
}

/// How often the gateway is asked.
const EVERY: Duration = Duration::from_secs(1);
/// How long the terminal is listened to before it is seen whether anybody still wants to know.
const LISTEN: Duration = Duration::from_millis(250);

/// What the person wants.
enum Wish {
    Quit,
    /// The window has another size.
    Redraw,
}

/// Runs the command.
pub(crate) async fn run(args: Args) -> Result<ExitCode> {
    let Args { listen } = args;
    if !io::stdout().is_terminal() {
        bail!("this is for a terminal; for programs the numbers are at /metrics");
    }
    let listen = listen.unwrap_or_else(|| interlingua_gateway::Config::default().listen);
    let key = std::env::var("INTERLINGUA_INBOUND_KEY").ok().filter(|key| !key.is_empty());
    let gateway = Gateway::new(&listen, key)?;
    // Whoever asks for what is not there gets a sentence, and no empty screen.
    let mut now = Some(gateway.read().await?);
    let (mut before, mut problem) = (None, None);
    let mut terminal = ratatui::try_init()?;
    let mut wishes = wishes();
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let ended = loop {
        let view = View {
            listen: gateway.listen(),
            before: before.as_ref(),
            now: now.as_ref(),
            problem: problem.as_deref(),
            time: SystemTime::now(),
        };
        if let Err(error) = terminal.draw(|frame| draw(frame, &view)) {
            break Err(error.into());
        }
        tokio::select! {
            wish = wishes.recv() => match wish {
                Some(Wish::Redraw) => {}
                Some(Wish::Quit) | None => break Ok(ExitCode::SUCCESS),
            },
            _ = ticks.tick() => match gateway.read().await {
                Ok(reading) => {
                    before = now.replace(reading);
                    problem = None;
                }
                Err(error) => problem = Some(format!("{error:#}")),
            },
        }
    };
    ratatui::restore();
    ended
}

/// What the person does. Keys are waited for on a thread of their own, which ends when nobody wants to know.
fn wishes() -> mpsc::Receiver<Wish> {
    let (sender, receiver) = mpsc::channel(8);
    std::thread::spawn(move || {
        while !sender.is_closed() {
            let wish = match event::poll(LISTEN)
                .and_then(|is_there| if is_there { event::read().map(Some) } else { Ok(None) })
            {
                Ok(event) => event.as_ref().and_then(wish),
                // There is no terminal any more.
                Err(_) => Some(Wish::Quit),
            };
            if let Some(wish) = wish
                && sender.blocking_send(wish).is_err()
            {
                return;
            }
        }
    });
    receiver
}

fn wish(event: &Event) -> Option<Wish> {
    if let Event::Resize(..) = event {
        return Some(Wish::Redraw);
    }
    let Event::Key(key) = event else { return None };
    let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
    let quits = [KeyCode::Char('q'), KeyCode::Esc].contains(&key.code) || key.code == KeyCode::Char('c') && is_control;
    (quits && key.kind != KeyEventKind::Release).then_some(Wish::Quit)
}
