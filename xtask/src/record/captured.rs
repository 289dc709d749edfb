//! An exchange that the gateway captured, as a case: from a user's report to a fixture.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use toml_edit::{DocumentMut, Item};

use super::arguments::Arguments;
use super::exchange;
use super::keep::{Taken, keep, keeps_request, protocol_and_folder, refuse_overwrite};
use super::request::Body;
use crate::case::{CASE_FILE, PARTS, REQUEST_FILE};
use crate::project::Project;

/// Takes the exchange in `folder`, as `interlingua serve --capture` wrote it.
pub(super) fn take(project: &Project, arguments: &Arguments, folder: &Path) -> Result<()> {
    let read = |name: &str| {
        let path = folder.join(name);
        fs::read(&path).with_context(|| format!("cannot read {}", path.display()))
    };
    let text = |name: &str| String::from_utf8(read(name)?).with_context(|| format!("{name} is no text"));
    let about: DocumentMut = text(CASE_FILE)?.parse().with_context(|| format!("{CASE_FILE} does not parse"))?;
    let (protocol, _) = protocol_and_folder(&arguments.case)?;
    let captured = folder.parent().and_then(Path::file_name).and_then(|name| name.to_str()).unwrap_or_default();
    if captured != protocol {
        bail!(
            "{} is an exchange over {captured}, and {} would be a case of {protocol}",
            folder.display(),
            arguments.case
        );
    }
    let part = PARTS.iter().find_map(|(part, usual)| Some((*part, *usual, about.get(part)?.as_table()?)));
    let Some((part, usual, table)) = part else { bail!("the upstream gave no reply, so there is nothing to keep") };
    let word = |key: &str| table.get(key).and_then(Item::as_str);
    let status = table.get("status").and_then(Item::as_integer).and_then(|status| u16::try_from(status).ok());
    let reply = exchange::Reply {
        status: status.with_context(|| format!("[{part}] has no status"))?,
        content_type: word("content-type").unwrap_or_default().to_owned(),
        headers: Vec::new(),
        request_id: None,
        bytes: read(word("file").unwrap_or(usual))?,
    };
    let body = Body::parse(text(REQUEST_FILE)?)?;
    let is_streamed = part == "stream";
    refuse_overwrite(project, arguments, usual)?;
    let keeps_request = keeps_request(project, arguments, &body, is_streamed)?;
    let named = || about.get("upstream").and_then(Item::as_str).map(str::to_owned).unwrap_or_default();
    let upstream = arguments.upstream.clone().unwrap_or_else(named);
    keep(project, arguments, Taken { body, keeps_request, reply, upstream, key: None })
}
