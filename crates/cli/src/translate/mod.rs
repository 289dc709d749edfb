//! `interlingua translate`: one request, reply or stream from one API into the other.

mod reply;

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::ValueEnum;
use interlingua_executor::Profile;
use interlingua_gateway::ApiError;
use interlingua_translate::{Api, Loss, Outgoing, Policy, Reply, Stamp, Translated, Translator};

use crate::terminal::to_stderr;
use crate::{api, profile};

/// Translate one request, reply or stream; exits with 1 when it is refused or the stream failed
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What the input is
    kind: Kind,
    /// The API the input speaks
    #[arg(long, value_parser = api::parser())]
    from: Api,
    /// The API to translate into
    #[arg(long, value_parser = api::parser())]
    to: Api,
    /// The upstream's ways: openai, codex, compatible, or a TOML file
    #[arg(long, default_value = "openai")]
    profile: String,
    /// For a response or stream: the client's request that it answers, in the API of --to
    #[arg(long, value_name = "FILE")]
    request: Option<PathBuf>,
    /// Refuse a request that cannot be translated without a change of meaning
    #[arg(long)]
    strict: bool,
    /// Where to write what was lost, as a JSON array of {path, code, detail}; `-` is stderr
    #[arg(long, value_name = "FILE")]
    losses: Option<PathBuf>,
    /// Report an error as one line of JSON on stderr
    #[arg(long)]
    json: bool,
    /// The input, a file or `-` for stdin
    #[arg(default_value = "-")]
    input: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// What a client sends
    Request,
    /// A whole reply
    Response,
    /// A streamed reply, as server-sent events
    Stream,
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> ExitCode {
    let mut losses = Vec::new();
    let result = translate(args, &mut losses);
    let reported = report_losses(args, &losses);
    match result.and(reported) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report_error(args, &error);
            ExitCode::FAILURE
        }
    }
}

fn translate(args: &Args, losses: &mut Vec<Loss>) -> Result<(), ApiError> {
    match args.kind {
        Kind::Request => request(args, losses),
        Kind::Response | Kind::Stream => {
            reply::translate(open(&args.input)?, io::stdout().lock(), &asked(args)?, losses)
        }
    }
}

/// Translates a request; in the API it already speaks, it is checked and left as it is.
fn request(args: &Args, losses: &mut Vec<Loss>) -> Result<(), ApiError> {
    let upstream = profile_for(args, args.to)?.upstream;
    let input = read(&args.input)?;
    // Everything is listed, and refused afterwards.
    let asked = Translator::new(args.from).read(&input)?;
    losses.extend_from_slice(asked.losses());
    let body = if args.from == args.to {
        input
    } else {
        let Outgoing { mut body, losses: all, .. } = asked.to(&upstream, stamp())?;
        *losses = all;
        body.push(b'\n');
        body
    };
    let policy = if args.strict { Policy::Strict } else { Policy::Lenient };
    let body = Translated { value: body, losses: losses.clone() }.under(policy)?.value;
    reply::write(&mut io::stdout().lock(), &body)
}

/// The id and the time of a reply that brings none. `SOURCE_DATE_EPOCH`, in seconds since 1970, stands for both, so that the same
/// input gives the same bytes, as whoever builds something from them wants it.
fn stamp() -> Stamp {
    let given = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|seconds| seconds.trim().parse().ok());
    given.map_or_else(interlingua_executor::stamp, |created| Stamp { id: format!("{created:032x}"), created })
}

/// What the reply needs to know of its request.
fn asked(args: &Args) -> Result<Reply, ApiError> {
    let upstream = profile_for(args, args.from)?;
    let client = Translator { style: upstream.style, ..Translator::new(args.to) };
    let request = args.request.as_deref().map(read).transpose()?;
    let reply = client
        .reply_to(request.as_deref(), args.kind == Kind::Stream, &upstream.upstream, stamp())
        .map_err(ApiError::from);
    reply.map_err(|mut error| {
        let file = args.request.as_deref().unwrap_or(Path::new("-"));
        error.error.message = error.error.message.map(|told| format!("in the request ({}): {told}", file.display()));
        error
    })
}

/// The profile of an upstream that speaks `api`.
fn profile_for(args: &Args, api: Api) -> Result<Profile, ApiError> {
    let profile = profile::load(&args.profile, api)?;
    let speaks = profile.upstream.api();
    if speaks != api {
        let (name, speaks, api) = (&args.profile, speaks.title(), api.title());
        return Err(ApiError::bad_request(format!(
            "profile {name} is one for {speaks}, and the upstream speaks {api}"
        )));
    }
    Ok(profile)
}

fn open(path: &Path) -> Result<Box<dyn Read>, ApiError> {
    if path == Path::new("-") {
        return Ok(Box::new(io::stdin().lock()));
    }
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    Ok(Box::new(file))
}

fn read(path: &Path) -> Result<Vec<u8>, ApiError> {
    let mut bytes = Vec::new();
    open(path)?.read_to_end(&mut bytes).map_err(|error| unreadable(path, &error))?;
    Ok(bytes)
}

fn unreadable(path: &Path, error: &io::Error) -> ApiError {
    ApiError::bad_request(format!("{} cannot be read: {error}", path.display()))
}

/// To the file asked for; without one, a person still gets to see them.
fn report_losses(args: &Args, losses: &[Loss]) -> Result<(), ApiError> {
    let as_json = || {
        serde_json::to_string(losses).map(|text| text + "\n").map_err(|error| ApiError::bad_request(error.to_string()))
    };
    match &args.losses {
        Some(path) if path == Path::new("-") => to_stderr(&as_json()?),
        Some(path) => fs::write(path, as_json()?)
            .map_err(|error| ApiError::bad_request(format!("{} cannot be written: {error}", path.display())))?,
        None if args.json => {}
        None => losses.iter().for_each(|loss| to_stderr(&format!("note: {loss}\n"))),
    }
    Ok(())
}

fn report_error(args: &Args, error: &ApiError) {
    match serde_json::to_string(error) {
        Ok(line) if args.json => to_stderr(&format!("{line}\n")),
        _ => to_stderr(&format!("error: {error}\n")),
    }
}
