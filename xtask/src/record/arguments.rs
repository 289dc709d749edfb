//! What is to be recorded.

use std::path::PathBuf;

/// What to send where, and what to call the reply.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The case, as `protocol/name`: `chat/parallel-tool-calls`
    pub(super) case: String,
    /// What an SDK calls `base_url`: `/responses` or `/chat/completions` is appended
    #[arg(long, value_name = "URL", required_unless_present = "captured")]
    pub(super) base_url: Option<String>,
    /// Take an exchange that `interlingua serve --capture` wrote, its folder, and ask nobody
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["base_url", "model", "key_env", "request", "stream"])]
    pub(super) captured: Option<PathBuf>,
    /// Replaces the request's `model`
    #[arg(long)]
    pub(super) model: Option<String>,
    /// The environment variable that holds the key; without it none is sent
    #[arg(long, value_name = "VAR")]
    pub(super) key_env: Option<String>,
    /// The body to send, a JSON file
    #[arg(long, value_name = "FILE", required_unless_present = "captured")]
    pub(super) request: Option<PathBuf>,
    /// Ask for a stream, and not for the whole reply
    #[arg(long)]
    pub(super) stream: bool,
    /// What the case is there to show, in a sentence [default: the words of its name]
    #[arg(long, value_name = "TEXT")]
    pub(super) shows: Option<String>,
    /// Who answers, with a version where there is one [default: the host of the base URL]
    #[arg(long, value_name = "NAME")]
    pub(super) upstream: Option<String>,
    /// Replace a reply that is already there
    #[arg(long)]
    pub(super) force: bool,
}
