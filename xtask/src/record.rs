//! `cargo xtask record`: sends a request to a live upstream and keeps the reply, byte for byte, as a fixture.
//!
//! The only task that reaches out, so it refuses to run in continuous integration.
//! It decides before it writes: a reply that holds something shaped like a credential leaves nothing behind.

mod arguments;
mod captured;
mod description;
pub(crate) mod exchange;
mod keep;
mod redaction;
mod request;

use std::{env, fs};

use anyhow::{Context as _, Result, bail};

use crate::case::PARTS;
use crate::project::Project;

pub(crate) use self::arguments::Arguments;
use self::keep::{Taken, keep, keeps_request, protocol_and_folder, refuse_overwrite};
use self::request::Body;

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

#[cfg(test)]
mod tests;
