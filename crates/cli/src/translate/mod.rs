//! `interlingua translate`: one request, reply or stream from one API into the other.

mod body;
mod stream;

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;

use clap::ValueEnum;
use interlingua_gateway::{ApiError, json};
use interlingua_translate::{Context, Loss, Policy, Profile, Stamp, chat, responses};
use uuid::Uuid;

use crate::dialect::Dialect;
use crate::profile;
use crate::terminal::to_stderr;

/// Translate one request, reply or stream; exits with 1 when it is refused or the stream failed
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What the input is
    kind: Kind,
    /// The API the input speaks
    #[arg(long, value_enum)]
    from: Dialect,
    /// The API to translate into
    #[arg(long, value_enum)]
    to: Dialect,
    /// The upstream's ways: openai, codex, compatible, or a TOML file
    #[arg(long, default_value = "openai")]
    profile: String,
    /// For a response or stream: the client's request that it answers, in the dialect of --to
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
    let profile = profile::load(&args.profile)?;
    let policy = if args.strict { Policy::Strict } else { Policy::Lenient };
    match args.kind {
        Kind::Request => {
            let input = read(&args.input)?;
            print(&body::request(&input, args.from, args.to, &profile, policy, losses)?)
        }
        Kind::Response => {
            let context = context(args, &profile)?;
            let input = read(&args.input)?;
            print(&body::response(&input, args.from, args.to, &context, losses)?)
        }
        Kind::Stream => {
            let context = context(args, &profile)?;
            stream::translate(open(&args.input)?, io::stdout().lock(), args.from, args.to, context, losses)
        }
    }
}

/// What the reply needs to know of its request.
fn context(args: &Args, profile: &Profile) -> Result<Context, ApiError> {
    let created = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs());
    let stamp = Stamp { id: Uuid::new_v4().simple().to_string(), created };
    let Some(path) = &args.request else { return Ok(Context::detached(stamp)) };
    let bytes = read(path)?;
    let in_request = |mut error: ApiError| {
        error.error.message =
            error.error.message.map(|message| format!("in the request ({}): {message}", path.display()));
        error
    };
    let request = match args.to {
        Dialect::Chat => chat::decode_request(json::read(&bytes).map_err(in_request)?),
        Dialect::Responses => responses::decode_request(json::read(&bytes).map_err(in_request)?),
    };
    let request = request.map_err(|error| in_request(error.into()))?.value;
    Ok(match args.from {
        Dialect::Chat => Context::for_chat_upstream(&request, profile, stamp),
        Dialect::Responses => Context::new(&request, profile, stamp),
    })
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

fn unwritable(error: &io::Error) -> ApiError {
    ApiError::bad_request(format!("the output cannot be written: {error}"))
}

fn print(body: &[u8]) -> Result<(), ApiError> {
    let mut out = io::stdout().lock();
    out.write_all(body).and_then(|()| out.flush()).map_err(|error| unwritable(&error))
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
