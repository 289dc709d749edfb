//! `interlingua login`, `logout` and `status`: the ChatGPT login that is shared with the Codex CLI.

mod limits;
mod span;
mod status;

use std::io::{self, BufRead};
use std::process::{Command, ExitCode, Stdio};

use anyhow::Result;
use interlingua_auth::{BrowserLogin, Config, DeviceLogin, LoggedOut, PasteError, Paster};
use interlingua_executor::HttpSettings;

use crate::terminal;

pub(crate) use status::{Args as StatusArgs, run as status, who};

/// Log in with ChatGPT, in a browser on this machine or with a code in one elsewhere
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Show a code to type into a browser elsewhere
    #[arg(long)]
    device: bool,
}

/// End the login: have it revoked, and remove it from this machine
#[derive(Debug, clap::Args)]
pub(crate) struct LogoutArgs {}

/// Runs `login`.
pub(crate) async fn run(args: Args) -> Result<ExitCode> {
    let config = Config::from_env()?;
    let client = HttpSettings::default().client()?;
    let status = if args.device {
        let login = DeviceLogin::start(&config, &client).await?;
        let minutes = login.time_left().as_secs().div_ceil(60);
        terminal::to_stderr(&format!(
            "Open {}\nand type the code {} (good for {minutes} minutes). Type it nowhere else, whoever asks for it.\n",
            terminal::harmless(login.verification_url()),
            terminal::harmless(login.user_code()),
        ));
        login.wait().await?
    } else {
        let login = BrowserLogin::start(&config, &client).await?;
        terminal::to_stderr(&format!(
            "Open this address to log in:\n\n{}\n\n\
             Where the browser cannot come back to this machine, paste the address it ended at here.\n",
            login.url()
        ));
        open_browser(login.url());
        read_pasted(login.paster());
        login.wait().await?
    };
    terminal::to_stderr(&format!("Logged in. {}\n", who(&status)));
    Ok(ExitCode::SUCCESS)
}

/// Runs `logout`.
pub(crate) async fn logout(_: LogoutArgs) -> Result<ExitCode> {
    let client = HttpSettings::default().client()?;
    match interlingua_auth::logout(&Config::from_env()?, &client).await? {
        LoggedOut::NoLogin => terminal::to_stderr("There was no login.\n"),
        LoggedOut::Revoked => terminal::to_stderr("Logged out, and the login is revoked.\n"),
        LoggedOut::Removed => terminal::to_stderr("Logged out.\n"),
        LoggedOut::NotRevoked(error) => anyhow::bail!(
            "the login is removed from this machine and not revoked: {error}. Who has a copy of it can use it; it can be \
             ended in the security settings of ChatGPT"
        ),
    }
    Ok(ExitCode::SUCCESS)
}

/// Opens the person's browser, if there is one. The address is on the screen in any case.
fn open_browser(url: &str) {
    let opener = match std::env::consts::OS {
        "macos" => "open",
        "windows" => "explorer",
        _ => "xdg-open",
    };
    let started =
        Command::new(opener).arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    drop(started);
}

/// Takes addresses from stdin until the right one, in a thread of its own: a read of a terminal cannot be called off.
fn read_pasted(paster: Paster) {
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok).filter(|line| !line.trim().is_empty()) {
            match paster.paste(&line) {
                Ok(()) | Err(PasteError::Ended) => return,
                Err(error) => terminal::to_stderr(&format!("{error}\n")),
            }
        }
    });
}
