//! Where an upstream lives, and how it is addressed.

use http::{HeaderMap, HeaderValue};
use interlingua_translate::{ResponsesUpstream, Upstream, settings};

use crate::http::headers::{bad_header, carry, header_name, session_header};
use crate::{BaseUrl, Error};

settings! {
    /// Where an upstream lives and how it is addressed: what of it is HTTP. What it takes in a body is its [`Upstream`].
    ///
    /// ```
    /// use interlingua_executor::Backend;
    ///
    /// let azure = Backend { key_header: Some("api-key".into()), ..Backend::default() };
    /// assert_eq!(Backend::codex().base_url.unwrap().to_string(), "https://chatgpt.com/backend-api/codex");
    /// # let _ = azure;
    /// ```
    pub struct Backend {
        /// Where it lives: what the official SDKs call `base_url`. Unset, the public API of OpenAI, or what the command line says.
        base_url: Option<BaseUrl> = None,
        /// The header that carries the API key as it is. Unset, the key goes out as `authorization: Bearer`.
        key_header: Option<String> = None,
        /// Headers that every request carries, in order; credentials are not among them.
        headers: Vec<(String, String)> = Vec::new(),
        /// Headers that carry the id of the conversation, where the upstream keeps conversations apart (`sessions`).
        session_headers: Vec<String> = Vec::new(),
        /// Headers that requests for a `lite` model carry, in order.
        lite_headers: Vec<(String, String)> = Vec::new(),
        /// The `client_version` to ask for the models' ways with: their efforts, and whether they are `lite`. Unset: this
        /// upstream does not tell them.
        catalogue_version: Option<String> = None,
        /// The header that names the features a request makes use of, where the upstream wants them named.
        feature_header: Option<String> = None,
        /// The header that says who asks, where the upstream counts what users ask: `user` for what begins a conversation,
        /// `agent` for all that follows.
        initiator_header: Option<String> = None,
        /// Headers that a request carries which has a picture in it, in order.
        image_headers: Vec<(String, String)> = Vec::new(),
        /// Whether the upstream's list of models tells what each of them takes: how much it writes, how it thinks. It is then
        /// asked for, every five minutes at most, and requests are written by it.
        catalogue: bool = false,
        /// Where the upstream tells how much of the plan is used, beside the last segment of the base URL.
        usage_path: Option<String> = None,
    }
}

/// What a conversation is like.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Nature {
    /// Whether nothing of it is the model's yet.
    pub(crate) is_opening: bool,
    pub(crate) has_images: bool,
}

/// The version of the Codex CLI whose ways are followed; also part of its `user-agent`.
const CODEX_VERSION: &str = "0.120.0";

impl Backend {
    /// The backend behind the Codex CLI's ChatGPT login. The identity it expects of a client is in `headers` and can be
    /// overridden.
    #[must_use]
    pub fn codex() -> Self {
        let pairs = |list: &[(&str, &str)]| -> Vec<(String, String)> {
            list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        Self {
            base_url: Some(BaseUrl::codex()),
            headers: pairs(&[
                ("originator", "codex_cli_rs"),
                ("user-agent", "codex-tui/0.120.0 (Mac OS 26.0.1; arm64) Apple_Terminal/464"),
                ("version", CODEX_VERSION),
            ]),
            session_headers: vec!["session-id".to_owned()],
            lite_headers: pairs(&[("x-openai-internal-codex-responses-lite", "true")]),
            catalogue_version: Some(CODEX_VERSION.to_owned()),
            usage_path: Some("/wham/usage".to_owned()),
            ..Self::default()
        }
    }

    /// The public API of Anthropic.
    #[must_use]
    pub fn anthropic() -> Self {
        Self {
            base_url: Some(BaseUrl::anthropic()),
            key_header: Some("x-api-key".to_owned()),
            headers: vec![("anthropic-version".to_owned(), "2023-06-01".to_owned())],
            feature_header: Some("anthropic-beta".to_owned()),
            catalogue: true,
            ..Self::default()
        }
    }

    /// The headers of one request: the conversation's id, what a lite model wants, and the features it makes use of, behind
    /// those that its client has named.
    pub(crate) fn request_headers(
        &self,
        upstream: &Upstream,
        session: Option<&str>,
        (features, nature): (&[&str], Nature),
        client: &HeaderMap,
    ) -> Result<HeaderMap, Error> {
        let mut headers = HeaderMap::new();
        if let (Some(name), false) = (&self.feature_header, features.is_empty()) {
            let name = header_name(name)?;
            let named = client.get_all(&name).iter().filter_map(|value| value.to_str().ok());
            let mut all: Vec<&str> = named.flat_map(|list| list.split(',')).map(str::trim).collect();
            all.extend(features.iter().filter(|feature| !all.contains(feature)).copied().collect::<Vec<_>>());
            let value = HeaderValue::try_from(all.join(",")).map_err(|_| bad_header(name.as_str()))?;
            headers.insert(name, value);
        }
        self.tell(nature, &mut headers)?;
        if let Some(value) = session.map(session_header) {
            for name in &self.session_headers {
                headers.insert(header_name(name)?, value.clone());
            }
        }
        if let Upstream::Responses(ResponsesUpstream { lite: true, .. }) = upstream {
            carry(&mut headers, &self.lite_headers)?;
        }
        Ok(headers)
    }

    /// Whether it is told anything of the conversation beside it.
    pub(crate) fn is_told(&self) -> bool {
        self.initiator_header.is_some() || !self.image_headers.is_empty()
    }

    /// Says who asks, and that there is a picture, where that is wanted.
    pub(crate) fn tell(&self, nature: Nature, headers: &mut HeaderMap) -> Result<(), Error> {
        let Nature { is_opening, has_images } = nature;
        if let Some(name) = &self.initiator_header {
            headers.insert(header_name(name)?, HeaderValue::from_static(if is_opening { "user" } else { "agent" }));
        }
        if has_images {
            carry(headers, &self.image_headers)?;
        }
        Ok(())
    }
}
