//! The APIs there are.

use std::fmt;
use std::str::FromStr;

/// An API that clients and upstreams speak. The only list of its kind: everything else asks this one.
///
/// ```
/// use interlingua_model::Api;
///
/// assert_eq!("responses".parse(), Ok(Api::Responses));
/// assert_eq!(Api::Chat.to_string(), "chat");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Api {
    /// OpenAI's Chat Completions.
    Chat,
    /// OpenAI's Responses.
    Responses,
    /// Anthropic's Messages.
    Messages,
}

impl Api {
    /// Every API.
    pub const ALL: &'static [Self] = &[Self::Chat, Self::Responses, Self::Messages];

    /// The word for it in settings, on command lines and in paths of files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Responses => "responses",
            Self::Messages => "messages",
        }
    }

    /// The name people know it by.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Chat => "Chat Completions",
            Self::Responses => "Responses",
            Self::Messages => "Messages",
        }
    }
}

impl fmt::Display for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A word that names no API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownApi(String);

impl FromStr for Api {
    type Err = UnknownApi;

    fn from_str(word: &str) -> Result<Self, UnknownApi> {
        Self::ALL.iter().copied().find(|api| api.name() == word).ok_or_else(|| UnknownApi(word.to_owned()))
    }
}

impl fmt::Display for UnknownApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known: Vec<_> = Api::ALL.iter().map(|api| api.name()).collect();
        write!(f, "`{}` is no API; there are {}", self.0, known.join(" and "))
    }
}

impl std::error::Error for UnknownApi {}
