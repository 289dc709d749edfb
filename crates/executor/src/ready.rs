//! The ready profiles: a file each, compiled in. A new one is a file in `profiles/` and a line here.

use interlingua_model::Api;
use interlingua_translate::settings;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::Error;

settings! {
    /// What a profile says of itself.
    pub struct About {
        /// Whose upstream it is.
        title: String = String::new(),
        /// What shows that it is right: `recorded` traffic of that server, a `program` that runs in the tests, or nothing but
        /// what is `documented`.
        proof: String = "documented".to_owned(),
        /// When it was written; upstreams and their models change.
        as_of: Option<String> = None,
        /// The variable that usually holds a key of this upstream.
        key_env: Option<String> = None,
    }
}

/// A profile by name.
///
/// ```
/// use interlingua_executor::ReadyProfile;
///
/// let ready = ReadyProfile::named("deepseek").unwrap();
/// assert!(ready.about()?.is_proven());
/// assert_eq!(ready.profile()?.backend.base_url.unwrap().to_string(), "https://api.deepseek.com/v1");
/// # Ok::<(), interlingua_executor::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadyProfile {
    /// Its name.
    pub name: &'static str,
    /// Its file.
    pub toml: &'static str,
}

/// Writes the list: each name is that of a file.
macro_rules! ready {
    ($($name:literal,)*) => {
        /// Every ready profile, by name.
        const READY: &[ReadyProfile] =
            &[$(ReadyProfile { name: $name, toml: include_str!(concat!("../profiles/", $name, ".toml")) },)*];
    };
}

ready! {
    "anthropic-chat",
    "azure",
    "cerebras",
    "copilot",
    "deepseek",
    "deepseek-messages",
    "fireworks",
    "gemini",
    "glm",
    "glm-messages",
    "groq",
    "huggingface",
    "kimi",
    "kimi-messages",
    "litellm",
    "llamacpp",
    "llamacpp-messages",
    "lmstudio",
    "lmstudio-messages",
    "minimax",
    "minimax-messages",
    "mistral",
    "nvidia",
    "ollama",
    "ollama-messages",
    "openrouter",
    "qwen",
    "sglang",
    "together",
    "vllm",
    "vllm-messages",
    "xai",
}

#[derive(Deserialize)]
struct Described {
    #[serde(default)]
    about: About,
    chat: Option<IgnoredAny>,
    responses: Option<IgnoredAny>,
}

impl ReadyProfile {
    /// Every one there is, in the order of their names.
    #[must_use]
    pub fn all() -> &'static [Self] {
        READY
    }

    /// The one of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        READY.iter().find(|ready| ready.name == name).copied()
    }

    /// What it says of itself.
    ///
    /// # Errors
    /// None that happens, as for [`profile`](Self::profile).
    pub fn about(self) -> Result<About, Error> {
        let Described { about, chat: _, responses: _ } =
            toml::from_str(self.toml).map_err(|error| self.wrong(&error))?;
        Ok(about)
    }

    /// What it speaks.
    ///
    /// # Errors
    /// None that happens, as for [`profile`](Self::profile).
    pub fn api(self) -> Result<Api, Error> {
        let Described { about: _, chat, responses } = toml::from_str(self.toml).map_err(|error| self.wrong(&error))?;
        Ok(match (chat, responses) {
            (Some(_), _) => Api::Chat,
            (None, Some(_)) => Api::Responses,
            (None, None) => Api::Messages,
        })
    }

    /// Its file is no profile.
    pub(crate) fn wrong(self, error: &toml::de::Error) -> Error {
        Error::configuration(format!("the profile `{}` is wrong: {error}", self.name))
    }
}

impl About {
    /// Whether more than a documentation says that it is right.
    #[must_use]
    pub fn is_proven(&self) -> bool {
        self.proof != Self::default().proof
    }
}
