//! A backend by one name: what it takes, where it lives, and what its clients like.

use interlingua_model::Api;
use interlingua_translate::{ChatUpstream, MessagesUpstream, ResponsesUpstream, Style, Upstream};
use serde::Deserialize;
use serde::de::Error as _;

use crate::Backend;
use crate::error::Error;
use crate::ready::{About, ReadyProfile};

/// Everything there is to know of a backend but its key: [`Upstream`], [`Backend`] and [`Style`] together.
///
/// It is read by `serde`, from TOML for instance: a table `[chat]`, `[responses]` or `[messages]`, which says what the upstream speaks by
/// its name and what it takes by its keys, and tables `[backend]` and `[style]`. Keys and names that there are not are refused
/// with the nearest right one.
///
/// ```
/// use interlingua_executor::Profile;
///
/// let local: Profile = serde_json::from_str(r#"{"chat":{"plain_text":true},"backend":{"base_url":"http://127.0.0.1:8080"}}"#)?;
/// assert_eq!(local.upstream.path(), "/chat/completions");
/// let wrong = serde_json::from_str::<Profile>(r#"{"responses":{"refused":["max_tokens"]}}"#).unwrap_err();
/// assert!(wrong.to_string().contains("did you mean `max_output_tokens`?"), "{wrong}");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// What it takes.
    pub upstream: Upstream,
    /// Where it lives.
    pub backend: Backend,
    /// What its clients like.
    pub style: Style,
}

impl Profile {
    /// The names of the profiles that are the project's own; the others are [`ReadyProfile`]s.
    pub const NAMES: &'static [&'static str] = &["openai", "codex", "anthropic", "compatible"];

    /// The public API of OpenAI, or one like it.
    #[must_use]
    pub fn openai(api: Api) -> Self {
        Self::of(Upstream::usual(api))
    }

    /// The backend behind the Codex CLI's ChatGPT login.
    #[must_use]
    pub fn codex() -> Self {
        Self { backend: Backend::codex(), ..Self::of(Upstream::Responses(ResponsesUpstream::codex())) }
    }

    /// The public API of Anthropic.
    #[must_use]
    pub fn anthropic() -> Self {
        Self { backend: Backend::anthropic(), ..Self::of(Upstream::Messages(MessagesUpstream::anthropic())) }
    }

    /// A model server that speaks an older or smaller Chat Completions API than OpenAI's.
    #[must_use]
    pub fn compatible() -> Self {
        Self::of(Upstream::Chat(ChatUpstream::compatible()))
    }

    /// The built-in profile of that name. `api` chooses where the name stands for several; a name that stands for one API only
    /// means that one.
    #[must_use]
    pub fn named(name: &str, api: Api) -> Option<Self> {
        match name {
            "openai" => Some(Self::openai(api)),
            "codex" => Some(Self::codex()),
            "anthropic" => Some(Self::anthropic()),
            "compatible" => Some(Self::compatible()),
            _ => ReadyProfile::named(name)?.profile().ok(),
        }
    }

    /// The names of all profiles there are.
    pub fn names() -> impl Iterator<Item = &'static str> {
        Self::NAMES.iter().copied().chain(ReadyProfile::all().iter().map(|ready| ready.name))
    }

    fn of(upstream: Upstream) -> Self {
        Self { upstream, backend: Backend::default(), style: Style::default() }
    }
}

impl ReadyProfile {
    /// The profile.
    ///
    /// # Errors
    /// None that happens: each is read in the tests.
    pub fn profile(self) -> Result<Profile, Error> {
        toml::from_str(self.toml).map_err(|error| self.wrong(&error))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tables {
    /// What it says of itself changes nothing.
    #[serde(default, rename = "about")]
    _about: About,
    chat: Option<ChatUpstream>,
    responses: Option<ResponsesUpstream>,
    messages: Option<MessagesUpstream>,
    #[serde(default)]
    backend: Backend,
    #[serde(default)]
    style: Style,
}

impl<'de> Deserialize<'de> for Profile {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Tables { _about: _, chat, responses, messages, backend, style } = Tables::deserialize(deserializer)?;
        let spoken = [chat.map(Upstream::Chat), responses.map(Upstream::Responses), messages.map(Upstream::Messages)];
        let mut spoken = spoken.into_iter().flatten();
        let (Some(upstream), None) = (spoken.next(), spoken.next()) else {
            let message =
                "say what the upstream speaks, by one table: [chat], [responses] or [messages]; it may be empty";
            return Err(D::Error::custom(message));
        };
        Ok(Self { upstream, backend, style })
    }
}
