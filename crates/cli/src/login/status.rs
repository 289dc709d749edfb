//! `interlingua status`.

use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use anyhow::Result;
use interlingua_auth::{Config, Mode, Status};
use interlingua_executor::RateLimits;
use interlingua_gateway::{Target, Upstream, UpstreamConfig};

use super::limits::bars;
use super::span::span;
use crate::runtime::{INTERRUPTED, told_to_stop};
use crate::terminal;

/// Show the login: account, plan, how long its token lasts and how much is used; exits with 1 when there is none
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where the Codex backend lives, if not where it usually does
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
}

/// Runs the command.
pub(crate) async fn run(args: Args) -> Result<ExitCode> {
    let config = Config::from_env()?;
    let Some(status) = interlingua_auth::status(&config)? else {
        terminal::to_stdout(&format!("not logged in ({} holds no login)\n", config.auth_file.display()))?;
        return Ok(ExitCode::FAILURE);
    };
    terminal::to_stdout(&format!("{}\n", who(&status)))?;
    if let Some(account) = &status.account_id {
        terminal::to_stdout(&format!("account    {}\n", terminal::harmless(account)))?;
    }
    if status.mode == Mode::ChatGpt {
        terminal::to_stdout(&format!("token      {}\n", lifetime(&status)))?;
    }
    if let Some(at) = status.last_refresh {
        terminal::to_stdout(&format!("renewed    {} ago\n", span(at.elapsed().unwrap_or_default())))?;
    }
    if let Some(due) = status.due.filter(|_| status.renewable) {
        terminal::to_stdout(&format!("renewal    {}\n", renewal(due, SystemTime::now())))?;
    }
    terminal::to_stdout(&format!("file       {}\n", status.path.display()))?;
    if let Some(beside) = &status.beside {
        let problem = "it could not be put in its file, and the Codex CLI does not find it there";
        terminal::to_stdout(&format!("NOT SAVED  {}: {problem}\n", beside.display()))?;
    }
    if status.mode == Mode::ApiKey {
        return Ok(ExitCode::SUCCESS);
    }
    let config = UpstreamConfig {
        target: Some(Target::Codex),
        base_url: args.base_url.as_deref().map(str::parse).transpose()?,
        login: Some(config),
        ..UpstreamConfig::default()
    };
    let upstream = Upstream::open(config).await?;
    let limits = tokio::select! {
        limits = limits(&upstream) => limits,
        () = told_to_stop() => {
            upstream.settled().await?;
            return Ok(ExitCode::from(INTERRUPTED));
        }
    };
    terminal::to_stdout(&match limits {
        Ok(limits) => bars(&limits, SystemTime::now()),
        Err(error) => format!("limits     not known: {}\n", terminal::harmless(&error.to_string())),
    })?;
    // To ask may have renewed the login.
    if let Err(warning) = upstream.settled().await {
        terminal::to_stdout(&format!("NOT SAVED  {}\n", terminal::harmless(&warning.to_string())))?;
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

/// When the login is renewed: at the first use from `due` on.
fn renewal(due: SystemTime, now: SystemTime) -> String {
    match due.duration_since(now) {
        Ok(left) => format!("due in {}, at the next use from then on", span(left)),
        Err(_) => "due at the next use".to_owned(),
    }
}

/// Asks the backend how much of the plan is used.
async fn limits(upstream: &Upstream) -> Result<RateLimits> {
    match tokio::time::timeout(PATIENCE, upstream.executor().usage()).await {
        Ok(limits) => Ok(limits?),
        Err(_) => anyhow::bail!("{} did not answer within {} s", upstream.name(), PATIENCE.as_secs()),
    }
}

/// How long the backend may take to say how much is used.
const PATIENCE: Duration = Duration::from_secs(10);

/// One line on whose login it is.
pub(crate) fn who(status: &Status) -> String {
    match status.mode {
        Mode::ApiKey => "An API key is stored.".to_owned(),
        Mode::ChatGpt => {
            let email = status.email.as_deref().unwrap_or("an account without an address");
            let plan = status.plan.as_deref().map(|plan| format!(", plan {plan}")).unwrap_or_default();
            terminal::harmless(&format!("ChatGPT: {email}{plan}"))
        }
    }
}

fn lifetime(status: &Status) -> String {
    let renewal = if status.renewable { "renewed when needed" } else { "not renewable: log in again then" };
    match status.expires.map(|at| at.duration_since(SystemTime::now())) {
        None => renewal.to_owned(),
        Some(Ok(left)) => format!("lasts {} more, {renewal}", span(left)),
        Some(Err(_)) => format!("expired, {renewal}"),
    }
}
