//! `cargo xtask record`: sends a request to a live upstream and keeps the reply, byte for byte, as a fixture.
//!
//! The only task that reaches out, so it refuses to run in continuous integration.
//! It decides before it writes: a reply that holds something shaped like a credential leaves nothing behind.

mod captured;
mod description;
pub(crate) mod exchange;
mod redaction;
mod request;

use std::path::PathBuf;
use std::{env, fs};

use anyhow::{Context as _, Result, bail};

use crate::case::{self, CASE_FILE, Origin, PARTS, PROTOCOLS, REQUEST_FILE};
use crate::credentials;
use crate::generated::COMMAND;
use crate::project::Project;

use self::description::Recording;
use self::request::Body;

/// What to send where, and what to call the reply.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The case, as `protocol/name`: `chat/parallel-tool-calls`
    case: String,
    /// What an SDK calls `base_url`: `/responses` or `/chat/completions` is appended
    #[arg(long, value_name = "URL", required_unless_present = "captured")]
    base_url: Option<String>,
    /// Take an exchange that `interlingua serve --capture` wrote, its folder, and ask nobody
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["base_url", "model", "key_env", "request", "stream"])]
    captured: Option<PathBuf>,
    /// Replaces the request's `model`
    #[arg(long)]
    model: Option<String>,
    /// The environment variable that holds the key; without it none is sent
    #[arg(long, value_name = "VAR")]
    key_env: Option<String>,
    /// The body to send, a JSON file
    #[arg(long, value_name = "FILE", required_unless_present = "captured")]
    request: Option<PathBuf>,
    /// Ask for a stream, and not for the whole reply
    #[arg(long)]
    stream: bool,
    /// What the case is there to show, in a sentence [default: the words of its name]
    #[arg(long, value_name = "TEXT")]
    shows: Option<String>,
    /// Who answers, with a version where there is one [default: the host of the base URL]
    #[arg(long, value_name = "NAME")]
    upstream: Option<String>,
    /// Replace a reply that is already there
    #[arg(long)]
    force: bool,
}

/// Records one reply.
pub(crate) fn run(project: &Project, arguments: &Arguments) -> Result<()> {
    if let Some(folder) = &arguments.captured {
        return captured::take(project, arguments, folder);
    }
    if env::var_os("CI").is_some() {
        bail!("a recording is made by a person; this refuses to run where CI is set");
    }
    let key = match &arguments.key_env {
        Some(name) => Some(env::var(name).with_context(|| format!("{name}, which --key-env names, is not set"))?),
        None => None,
    };
    record(project, arguments, key.as_deref())
}

fn record(project: &Project, arguments: &Arguments, key: Option<&str>) -> Result<()> {
    let (Some(base_url), Some(request)) = (&arguments.base_url, &arguments.request) else {
        bail!("--base-url and --request say what to send where");
    };
    let (protocol, _) = protocol_and_folder(&arguments.case)?;
    let text = fs::read_to_string(request);
    let text = text.with_context(|| format!("cannot read {}", request.display()))?;
    let body = Body::parse(text)?.with_model(arguments.model.as_deref())?.with_stream(arguments.stream)?;

    // Before anything is asked of the upstream, which may charge for it.
    let [(_, stream_file), (_, response_file)] = PARTS;
    refuse_overwrite(project, arguments, if arguments.stream { stream_file } else { response_file })?;
    let keeps_request = keeps_request(project, arguments, &body, arguments.stream)?;

    let reply = exchange::send(&exchange::url(base_url, protocol), key, body.text())?;
    let upstream = arguments.upstream.clone().unwrap_or_else(|| exchange::host(base_url));
    keep(project, arguments, Taken { body, keeps_request, reply, upstream, key })
}

/// A request and its reply, before they are a case.
struct Taken<'k> {
    body: Body,
    keeps_request: bool,
    reply: exchange::Reply,
    upstream: String,
    key: Option<&'k str>,
}

/// Makes a case of them, or leaves nothing behind.
fn keep(project: &Project, arguments: &Arguments, taken: Taken<'_>) -> Result<()> {
    let Taken { body, keeps_request, mut reply, upstream, key } = taken;
    let (protocol, folder) = protocol_and_folder(&arguments.case)?;
    let redacted = redaction::redact(&mut reply);
    let file = reply.file();
    refuse_overwrite(project, arguments, file)?;

    let description_path = case::path(&arguments.case, CASE_FILE);
    let old = fs::read_to_string(project.path(&description_path)).unwrap_or_default();
    let recording = Recording {
        shows: arguments.shows.as_deref(),
        words: folder.replace('-', " "),
        endpoint: format!("POST /v1{}", exchange::endpoint(protocol)),
        upstream,
        model: reply.model().map_or_else(|| body.model(), Ok)?,
        file,
        reply: &reply,
        redacted,
    };
    let description = recording.describe(&old).with_context(|| format!("{description_path} does not parse"))?;

    let mut files = vec![(file, reply.bytes.as_slice()), (CASE_FILE, description.as_bytes())];
    if !keeps_request {
        files.push((REQUEST_FILE, body.text().as_bytes()));
    }
    refuse_secrets(&files, key)?;
    write(project, &arguments.case, &files)?;
    println!("{}/{file}: status {}, {} bytes", arguments.case, reply.status, reply.bytes.len());
    println!("read it, then run `{COMMAND}`");
    Ok(())
}

fn protocol_and_folder(case: &str) -> Result<(&str, &str)> {
    let valid = |folder: &str| {
        !folder.is_empty()
            && folder.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    match case.split_once('/') {
        Some((protocol, folder)) if PROTOCOLS.contains(&protocol) && valid(folder) => Ok((protocol, folder)),
        _ => bail!(
            "`{case}` is no case: write {}/ and a name in kebab-case, as in `responses/refusal`",
            PROTOCOLS.join("/ or ")
        ),
    }
}

/// Only `--force` replaces a reply, or turns a case that somebody wrote into a recorded one.
fn refuse_overwrite(project: &Project, arguments: &Arguments, file: &str) -> Result<()> {
    let path = case::path(&arguments.case, file);
    if arguments.force {
        return Ok(());
    }
    if project.path(&path).exists() {
        bail!("{path} exists; --force replaces it");
    }
    if project.path(&case::path(&arguments.case, CASE_FILE)).exists() {
        let origin = case::read(project, &arguments.case)?.origin;
        if origin != Origin::Recorded {
            bail!("{} is {}; --force makes it a recorded case", arguments.case, origin.name());
        }
    }
    Ok(())
}

/// Whether the case has its request already: the same one, for both replies of a case answer one request.
fn keeps_request(project: &Project, arguments: &Arguments, body: &Body, is_streamed: bool) -> Result<bool> {
    let path = case::path(&arguments.case, REQUEST_FILE);
    if arguments.force || !project.path(&path).exists() {
        return Ok(false);
    }
    if !body.asks_the_same_as(&Body::parse(project.read(&path)?)?)? {
        bail!("{path} is another request; both replies of a case answer one");
    }
    // The stored body is the one that asked for the stream, where there is one.
    Ok(!is_streamed)
}

fn refuse_secrets(files: &[(&str, &[u8])], key: Option<&str>) -> Result<()> {
    for (file, bytes) in files {
        if let Some((kind, start)) = credentials::find(bytes).first() {
            bail!("{file} would hold {kind} at byte {start}; nothing was written");
        }
        let key = key.map(str::as_bytes).filter(|key| !key.is_empty());
        if key.is_some_and(|key| bytes.windows(key.len()).any(|window| window == key)) {
            bail!("{file} would hold the key itself; nothing was written");
        }
    }
    Ok(())
}

fn write(project: &Project, case: &str, files: &[(&str, &[u8])]) -> Result<()> {
    let folder = project.path(&case::path(case, ""));
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    for (file, bytes) in files {
        fs::write(folder.join(file), bytes).with_context(|| format!("cannot write {file}"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
