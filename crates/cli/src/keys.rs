//! Keys in variables of the environment.

use interlingua_translate::Api;

/// A key that was found.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) key: String,
    /// Whether it is a token, which goes out as such, and no API key.
    pub(crate) is_token: bool,
}

/// The key for the usual upstream of an API, where the environment has one.
pub(crate) fn of(api: Api) -> Option<Found> {
    match api {
        Api::Messages => in_variable(ANTHROPIC).or_else(|| in_variable(ANTHROPIC_TOKEN)),
        Api::Chat | Api::Responses => in_variable(OPENAI),
    }
}

/// The variables that [`of`] looks into, for messages.
pub(crate) fn variables(api: Api) -> &'static str {
    match api {
        Api::Messages => "ANTHROPIC_API_KEY, or ANTHROPIC_AUTH_TOKEN for a token",
        Api::Chat | Api::Responses => OPENAI,
    }
}

/// The key in a variable that is set and not blank.
pub(crate) fn in_variable(name: &str) -> Option<Found> {
    let key = std::env::var(name).ok()?.trim().to_owned();
    (!key.is_empty()).then(|| Found { key, is_token: name == ANTHROPIC_TOKEN })
}

const OPENAI: &str = "OPENAI_API_KEY";
const ANTHROPIC: &str = "ANTHROPIC_API_KEY";
/// What Claude Code takes a token from that is no API key.
const ANTHROPIC_TOKEN: &str = "ANTHROPIC_AUTH_TOKEN";
