//! The streams of the project's fixtures, read once.

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use crate::Api;

type Streams = Vec<(String, Vec<u8>)>;

static CHAT: LazyLock<Streams> = LazyLock::new(|| read("chat"));
static RESPONSES: LazyLock<Streams> = LazyLock::new(|| read("responses"));
static MESSAGES: LazyLock<Streams> = LazyLock::new(|| read("messages"));

/// Name and bytes of every fixture's stream, in order of name.
pub fn streams(upstream: Api) -> &'static [(String, Vec<u8>)] {
    match upstream {
        Api::Chat => &CHAT,
        Api::Responses => &RESPONSES,
        Api::Messages => &MESSAGES,
    }
}

fn read(protocol: &str) -> Streams {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures").join(protocol);
    let cases = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut streams: Streams = cases
        .filter_map(|case| {
            let case = case.unwrap();
            let bytes = fs::read(case.path().join("stream.sse")).ok()?;
            Some((case.file_name().to_string_lossy().into_owned(), bytes))
        })
        .collect();
    streams.sort();
    streams
}
