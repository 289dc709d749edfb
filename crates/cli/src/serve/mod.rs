//! `interlingua serve`: the gateway.

pub(crate) mod file;
pub(crate) mod log;
mod seal;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use interlingua_gateway::{Config, Gateway, Handle, InboundKey, Origin, Reload, StoreConfig, Watching};

use crate::runtime::{told_to_end, told_to_stop, told_twice};
use crate::serve::file::{Alias, Flags, Hidden};
use crate::serve::log::LogFormat;
use crate::terminal;
use crate::upstream::UpstreamArgs;

/// Serve clients of every API over any upstream
///
/// The caller's own key is passed on where OPENAI_API_KEY (of anthropic ANTHROPIC_API_KEY, or ANTHROPIC_AUTH_TOKEN) is not
/// set, but never to codex. To be reached from other
/// machines a key is demanded of callers, in INTERLINGUA_INBOUND_KEY. Summaries of conversations are sealed with INTERLINGUA_SEAL_KEY, else with a key of this
/// user's that is made on first use. Logs go to stderr, by RUST_LOG.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where to listen [default: 127.0.0.1:4141]
    #[arg(long, env = "INTERLINGUA_LISTEN", value_name = "ADDRESS:PORT")]
    listen: Option<String>,
    #[command(flatten)]
    upstream: UpstreamArgs,
    /// Put replies in the client's own API together anew instead of passing them on, for servers that speak it by half
    #[arg(long, env = "INTERLINGUA_REPAIR")]
    repair: bool,
    /// The largest event of a stream, in MiB; what an event repeats of earlier ones does not count [default: 16]
    #[arg(long, env = "INTERLINGUA_MAX_EVENT_MIB", value_name = "MIB")]
    max_event_mib: Option<usize>,
    /// Let a key go over plain HTTP to an upstream that is another machine
    #[arg(long, env = "INTERLINGUA_ALLOW_PLAIN_HTTP")]
    allow_plain_http: bool,
    /// Refuse requests that cannot be translated without a change of meaning
    #[arg(long, env = "INTERLINGUA_STRICT")]
    strict: bool,
    /// Another name for a model, and the model that it stands for; may be repeated
    #[arg(long, env = "INTERLINGUA_ALIASES", value_name = "NAME=MODEL", value_delimiter = ',')]
    alias: Vec<Alias>,
    /// Take an effort at the end of a model's name, as in gpt-5.5-high or gpt-5.5(high), for the request's
    #[arg(long, env = "INTERLINGUA_EFFORTS_IN_NAMES")]
    efforts_in_names: bool,
    /// A name or address by which it may be asked without a key, besides those of this machine; may be repeated
    #[arg(long, env = "INTERLINGUA_ALLOWED_HOSTS", value_name = "HOST", value_delimiter = ',')]
    allowed_host: Vec<String>,
    /// The origin of web pages that may ask, scheme and host and port, without a path; may be repeated
    #[arg(long, env = "INTERLINGUA_ALLOWED_ORIGINS", value_name = "ORIGIN", value_delimiter = ',')]
    allowed_origin: Vec<String>,
    /// Where replies of Responses are kept for clients that go on from them: memory, off, a file, or redis://HOST, over which
    /// several gateways also share the limits of their callers and the renewals of their logins
    /// [default: memory]
    #[arg(long, env = "INTERLINGUA_STORE", value_name = "STORE", hide_env_values = true)]
    store: Option<String>,
    /// Whether clients of Responses, such as the Codex CLI, may open a WebSocket [default: true]
    #[arg(long, env = "INTERLINGUA_WEBSOCKET", value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    websocket: Option<bool>,
    /// Whether sealed thoughts are kept in the store for clients that drop them, and put back when the conversation goes on
    /// [default: true]
    #[arg(long, env = "INTERLINGUA_REASONING_CACHE", value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    reasoning_cache: Option<bool>,
    /// A path of the upstream that is passed on untouched, such as /v1/embeddings or /v1/audio/*; may be repeated
    #[arg(long, env = "INTERLINGUA_PASSTHROUGH", value_name = "PATH", value_delimiter = ',')]
    passthrough: Vec<String>,
    /// Write each exchange into this folder, as a case that `interlingua replay` serves; keys are taken out, what people
    /// said is not
    #[arg(long, env = "INTERLINGUA_CAPTURE", value_name = "DIR")]
    capture: Option<PathBuf>,
    /// Show the last 64 exchanges on a page, at / of the same address
    #[arg(long, env = "INTERLINGUA_INSPECT")]
    inspect: bool,
    /// How the log is written: text for people, or json with one object a line [default: text]
    #[arg(long, env = "INTERLINGUA_LOG_FORMAT", value_name = "FORMAT")]
    log_format: Option<LogFormat>,
    /// A TOML file with any of this and more: see `interlingua config example`. It is read again at SIGHUP, which ends the
    /// gateway where there is no file
    #[arg(long, env = "INTERLINGUA_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
}

/// Runs the command.
pub(crate) async fn run(args: Args) -> Result<ExitCode> {
    let Args {
        listen,
        upstream,
        repair,
        max_event_mib,
        allow_plain_http,
        strict,
        alias,
        efforts_in_names,
        allowed_host,
        allowed_origin,
        store,
        websocket,
        reasoning_cache,
        passthrough,
        capture,
        inspect,
        log_format,
        config,
    } = args;
    let file = config.as_deref().map(file::read).transpose()?.unwrap_or_default();
    log::begin(log_format.or(file.log_format).unwrap_or_default());
    let flags = Flags { upstream, repair, max_event_mib, allow_plain_http, strict, aliases: alias, efforts_in_names };
    let answering = file.answering(&flags, config.as_deref());
    let own = file.inbound_key.map(|Hidden(key)| key);
    let inbound_key = std::env::var("INTERLINGUA_INBOUND_KEY").ok().or(own).filter(|key| !key.is_empty());
    let reload = config.map(|path| {
        Reload::new(move || {
            let (path, flags) = (path.clone(), flags.clone());
            async move {
                let file = file::read(&path).map_err(|error| format!("{error:#}"))?;
                let answering = file.answering(&flags, Some(&path));
                answering.open().await.map_err(|error| format!("{error:#}"))
            }
        })
    });
    let inspects = inspect || file.inspect;
    let is_reloadable = reload.is_some();
    let settings = Config {
        inbound_key: inbound_key.as_deref().map(InboundKey::new).transpose()?,
        passthrough: [file.passthrough, passthrough].concat(),
        callers: file.key.callers()?,
        allowed_hosts: [file.allowed_hosts, allowed_host].concat(),
        watching: Watching { capture: capture.or(file.capture.map(PathBuf::from)), inspect: inspects },
        allowed_origins: origins(&[file.allowed_origins, allowed_origin].concat())?,
        reload,
        store: store
            .or(file.store.map(|Hidden(store)| store))
            .map_or_else(|| Ok(StoreConfig::default()), |store| store.parse())?,
        seal: seal::config()?,
        websocket: websocket.unwrap_or(file.websocket),
        reasoning_cache: reasoning_cache.unwrap_or(file.reasoning_cache),
        ..Config::default()
    };
    let settings = Config { listen: listen.or(file.listen).unwrap_or(settings.listen.clone()), ..settings };
    let upstreams = answering.open().await?;
    let over: Vec<_> = upstreams
        .members()
        .map(|(name, upstream)| match upstream.api().title() {
            api if name == upstream.name() => format!("{name} ({api})"),
            api => format!("{name} at {} ({api})", upstream.name()),
        })
        .collect();
    let gateway = Gateway::bind(settings, upstreams).await?;
    terminal::to_stderr(&format!(
        "interlingua {} serves http://{}/v1 over {}\n",
        env!("CARGO_PKG_VERSION"),
        gateway.addr(),
        over.join(", "),
    ));
    if inspects {
        terminal::to_stderr(&format!("what happens is shown at http://{}/\n", gateway.addr()));
    }
    let (handle, told_twice) = (gateway.handle(), told_twice());
    tokio::spawn(async move {
        told_twice.await;
        handle.hurry();
    });
    if is_reloadable {
        tokio::spawn(reloaded_on_hangup(gateway.handle()));
        gateway.serve(told_to_end()).await?;
    } else {
        gateway.serve(told_to_stop()).await?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Origins, read.
pub(crate) fn origins(texts: &[String]) -> Result<Vec<Origin>> {
    texts.iter().map(|text| Ok(Origin::new(text)?)).collect()
}

/// Reads the configuration again whenever the system says SIGHUP, where there is such a thing.
async fn reloaded_on_hangup(handle: Handle) {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut hangup) = signal(SignalKind::hangup()) else { return };
        while hangup.recv().await.is_some() {
            // What came of it is in the log.
            let _ = handle.reload().await;
        }
    }
    #[cfg(not(unix))]
    drop(handle);
}
