//! `interlingua doctor`: what works, and what to do about what does not.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use interlingua_executor::Error;
use interlingua_gateway::{Upstream, Upstreams};
use interlingua_translate::{Api, Translator};
use serde_json::json;

use crate::keys;
use crate::serve::file::{self, Flags};
use crate::terminal::{self, Paint};
use crate::upstream::UpstreamArgs;

/// Say what works and what does not: the file, the login, each upstream, its models
///
/// One line for each; the exit status is 1 where something does not work. Upstreams are asked for their models, and with
/// --ask for one word of each model that is named, which costs a few tokens.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    upstream: UpstreamArgs,
    /// The TOML file that `serve` would read
    #[arg(long, env = "INTERLINGUA_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// A model to ask for; may be repeated. With a file its aliases are among them
    #[arg(long)]
    model: Vec<String>,
    /// Ask each model for a word
    #[arg(long)]
    ask: bool,
}

/// How long one upstream may take for one answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Runs the command.
pub(crate) async fn run(args: Args) -> Result<ExitCode> {
    let Args { upstream, config, model, ask } = args;
    let mut report = Report { paint: Paint::on(&io::stdout()), failed: false };
    login(&mut report)?;
    let file = match config.as_deref().map(file::read).transpose() {
        Ok(file) => file.unwrap_or_default(),
        Err(error) => {
            report.line("configuration", Err(format!("{error:#}")))?;
            return Ok(ExitCode::FAILURE);
        }
    };
    let flags = Flags { upstream, ..Flags::default() };
    match file.answering(&flags, config.as_deref()).open().await {
        Ok(upstreams) => {
            if let Some(path) = &config {
                report.line("configuration", Ok(path.display().to_string()))?;
            }
            look(&upstreams, &model, ask, &mut report).await?;
        }
        Err(error) => report.line("configuration", Err(format!("{error:#}")))?,
    }
    Ok(if report.failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The login of the Codex CLI. That there is none is no fault: not everybody wants one.
fn login(report: &mut Report) -> Result<()> {
    let Ok(config) = interlingua_auth::Config::from_env() else {
        return report.line("login", Ok("none, and no home folder for one; CODEX_HOME names one".to_owned()));
    };
    report.line(
        "login",
        match interlingua_auth::status(&config) {
            Ok(Some(status)) => Ok(crate::login::who(&status)),
            Ok(None) => Ok("none; `interlingua login` makes one, and only the upstream codex needs it".to_owned()),
            Err(error) => Err(error.to_string()),
        },
    )
}

async fn look(upstreams: &Upstreams, models: &[String], ask: bool, report: &mut Report) -> Result<()> {
    for (name, upstream) in upstreams.members() {
        let api = upstream.api().title();
        let listed = tokio::time::timeout(PATIENCE, upstream.executor().models()).await;
        let listed = match listed {
            Ok(Ok(answer)) => Ok(answer.value.data.unwrap_or_default()),
            Ok(Err(error)) => Err(advice(&error, upstream.api())),
            Err(_) => Err(format!("no list of models within {} s", PATIENCE.as_secs())),
        };
        let told = match &listed {
            Ok(list) => Ok(format!("{api} at {}, {} models", upstream.name(), list.len())),
            Err(error) => Err(error.clone()),
        };
        report.line(name, told)?;
    }
    let aliases = upstreams.aliases().map(|(_, model)| model.to_owned());
    let mut models: Vec<String> = models.iter().cloned().chain(aliases).collect();
    models.sort_unstable();
    models.dedup();
    for model in models.iter().filter(|_| ask) {
        let told = match upstreams.upstream_of(model) {
            Ok(upstream) => said(upstream, model).await,
            Err(error) => Err(error.to_string()),
        };
        report.line(model, told)?;
    }
    for (name, upstream) in upstreams.members() {
        if let Err(warning) = upstream.settled().await {
            report.line(name, Err(warning.to_string()))?;
        }
    }
    Ok(())
}

/// What a model answers to as little as possible.
async fn said(upstream: &Upstream, model: &str) -> Result<String, String> {
    let request = json!({"model": model, "messages": [{"role": "user", "content": "Say: yes"}]});
    let asked = Translator::new(Api::Chat).read(request.to_string().as_bytes()).map_err(|error| error.to_string())?;
    match tokio::time::timeout(PATIENCE, upstream.executor().ask(asked)).await {
        Ok(Ok(_)) => Ok(format!("answers, by {}", upstream.name())),
        Ok(Err(error)) => Err(advice(&error, upstream.api())),
        Err(_) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
    }
}

/// The error, and what to do about it.
fn advice(error: &Error, api: Api) -> String {
    let key;
    let todo = if error.is_connect() {
        "; is the server running, and is its address right?"
    } else if error.needs_login() {
        "; run `interlingua login`"
    } else if error.status() == interlingua_gateway::StatusCode::UNAUTHORIZED {
        key = format!("; its key is missing or wrong: {}, or `key_env` in the file", keys::variables(api));
        &key
    } else if error.status() == interlingua_gateway::StatusCode::NOT_FOUND {
        "; does its address end where it should, mostly in /v1?"
    } else {
        ""
    };
    format!("{error}{todo}")
}

/// Lines for a person.
struct Report {
    paint: Paint,
    failed: bool,
}

impl Report {
    fn line(&mut self, what: &str, told: Result<String, String>) -> Result<()> {
        let (mark, text) = match told {
            Ok(text) => (self.paint.right("ok  "), text),
            Err(text) => {
                self.failed = true;
                (self.paint.bold("FAIL"), text)
            }
        };
        let text = terminal::harmless(&text).replace('\n', " ");
        terminal::to_stdout(&format!("{mark} {}: {text}\n", terminal::harmless(what)))?;
        Ok(())
    }
}
