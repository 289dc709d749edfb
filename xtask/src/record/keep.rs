//! From a request and its reply to a case, or to nothing.

use std::fs;

use anyhow::{Context as _, Result, bail};

use super::arguments::Arguments;
use super::description::Recording;
use super::request::Body;
use super::{exchange, redaction};
use crate::case::{self, CASE_FILE, Origin, PROTOCOLS, REQUEST_FILE};
use crate::credentials;
use crate::generated::COMMAND;
use crate::project::Project;

/// A request and its reply, before they are a case.
pub(super) struct Taken<'k> {
    pub(super) body: Body,
    pub(super) keeps_request: bool,
    pub(super) reply: exchange::Reply,
    pub(super) upstream: String,
    pub(super) key: Option<&'k str>,
}

/// Makes a case of them, or leaves nothing behind.
pub(super) fn keep(project: &Project, arguments: &Arguments, taken: Taken<'_>) -> Result<()> {
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

/// The two halves of a case's name.
pub(super) fn protocol_and_folder(case: &str) -> Result<(&str, &str)> {
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
pub(super) fn refuse_overwrite(project: &Project, arguments: &Arguments, file: &str) -> Result<()> {
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
pub(super) fn keeps_request(project: &Project, arguments: &Arguments, body: &Body, is_streamed: bool) -> Result<bool> {
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
