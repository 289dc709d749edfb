//! The authorisation server: refreshing a login, and redeeming the code of a new one.

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::{
    call::{Answer, Failed, call},
    config::Config,
    error::{Error, LoginError},
    http_client::HttpClient,
    refusal::{Reason, ReauthRequired},
    tokens::Tokens,
};

/// The issuer, as the configuration has it.
#[derive(Debug, Clone)]
pub(crate) struct Issuer {
    pub(crate) config: Config,
    pub(crate) client: HttpClient,
}

/// What a refresh came to, other than new tokens.
#[derive(Debug)]
pub(crate) enum Refused {
    /// For good.
    Permanent(ReauthRequired),
    /// For now, as far as one can tell.
    Failed(Failed),
}

/// The tokens of an answer. All of them may be missing; what is missing stays as it was.
#[derive(Deserialize)]
#[expect(clippy::struct_field_names, reason = "the names of the JSON")]
pub(crate) struct Issued {
    id_token: Option<String>,
    access_token: Option<String>,
    refresh_token: Option<String>,
}

impl Issued {
    /// The login after this answer.
    pub(crate) fn update(self, old: &Tokens) -> Tokens {
        let secret = |new: Option<String>| new.filter(|token| !token.is_empty()).map(SecretString::from);
        Tokens {
            id_token: secret(self.id_token).or_else(|| old.id_token.clone()),
            access_token: secret(self.access_token).unwrap_or_else(|| old.access_token.clone()),
            refresh_token: secret(self.refresh_token).or_else(|| old.refresh_token.clone()),
            account_id: old.account_id.clone(),
        }
    }

    /// Whether there is anything in it worth keeping.
    fn is_empty(&self) -> bool {
        self.access_token.is_none() && self.refresh_token.is_none()
    }
}

impl Issuer {
    pub(crate) fn new(config: &Config, client: &HttpClient) -> Self {
        Self { config: config.clone(), client: client.clone() }
    }

    /// Spends a refresh token. Whoever calls this holds the lock and saves the answer.
    pub(crate) async fn refresh(&self, refresh_token: &SecretString) -> Result<Issued, Refused> {
        let body = RefreshBody {
            client_id: &self.config.client_id,
            grant_type: "refresh_token",
            refresh_token: refresh_token.expose_secret(),
        };
        let request = self.client.http().post(self.config.refresh_url()).json(&body);
        let answer = call(request, self.config.refresh.request, REFRESH).await.map_err(Refused::Failed)?;
        if answer.status.is_success() {
            return issued(&answer).ok_or_else(|| Refused::Failed(answer.unreadable(REFRESH)));
        }
        let sent = [refresh_token.expose_secret()];
        match refusal(&answer) {
            Some(refusal) => Err(Refused::Permanent(refusal)),
            None => Err(Refused::Failed(answer.failed(REFRESH, &sent))),
        }
    }

    /// Revokes a refresh token, and with it the login it belongs to.
    pub(crate) async fn revoke(&self, refresh_token: &SecretString) -> Result<(), Error> {
        let token = refresh_token.expose_secret();
        let body = RevokeBody { token, token_type_hint: "refresh_token", client_id: &self.config.client_id };
        let request = self.client.http().post(self.config.revoke_url()).json(&body);
        let answer =
            call(request, self.config.refresh.request, REVOKE).await.map_err(|failed| Error::Issuer(failed.error))?;
        if answer.status.is_success() {
            return Ok(());
        }
        Err(Error::Issuer(answer.failed(REVOKE, &[token]).error))
    }

    /// Redeems the code of a finished login.
    pub(crate) async fn redeem(
        &self,
        code: &SecretString,
        verifier: &SecretString,
        redirect_uri: &str,
    ) -> Result<Tokens, Error> {
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", &self.config.client_id),
            ("code", code.expose_secret()),
            ("redirect_uri", redirect_uri),
            ("code_verifier", verifier.expose_secret()),
        ];
        let request = self.client.http().post(self.token_url()).form(&form);
        let answer =
            call(request, self.config.refresh.request, LOGIN).await.map_err(|failed| Error::Issuer(failed.error))?;
        if !answer.status.is_success() {
            let failed = answer.failed(LOGIN, &[code.expose_secret(), verifier.expose_secret()]);
            return Err(Error::Login(LoginError::Exchange(failed.error)));
        }
        new_login(&answer).ok_or_else(|| Error::Login(LoginError::Exchange(answer.unreadable(LOGIN).error)))
    }

    fn token_url(&self) -> Url {
        self.config.at_issuer("/oauth/token")
    }
}

pub(crate) const REFRESH: &str = "refreshing the ChatGPT login";
const REVOKE: &str = "revoking the ChatGPT login";
pub(crate) const LOGIN: &str = "logging in";

#[derive(Serialize)]
struct RefreshBody<'a> {
    client_id: &'a str,
    grant_type: &'a str,
    refresh_token: &'a str,
}

#[derive(Serialize)]
struct RevokeBody<'a> {
    token: &'a str,
    token_type_hint: &'a str,
    client_id: &'a str,
}

/// A permanent refusal, by its code, or by a 401 in the issuer's own words. 429 and 5xx say nothing about the login.
fn refusal(answer: &Answer) -> Option<ReauthRequired> {
    let status = answer.status.as_u16();
    if status == 429 || status >= 500 {
        return None;
    }
    let known = answer.code(&[]).as_deref().and_then(Reason::from_code);
    let reason = known.or_else(|| (status == 401 && answer.is_json()).then_some(Reason::Refused))?;
    Some(ReauthRequired { reason, request_id: answer.request_id() })
}

fn issued(answer: &Answer) -> Option<Issued> {
    serde_json::from_slice::<Issued>(&answer.body).ok().filter(|issued| !issued.is_empty())
}

fn new_login(answer: &Answer) -> Option<Tokens> {
    let issued = issued(answer)?;
    let tokens = Tokens {
        id_token: issued.id_token.map(SecretString::from),
        access_token: SecretString::from(issued.access_token?),
        refresh_token: issued.refresh_token.map(SecretString::from),
        account_id: None,
    };
    let account_id = tokens.claims().account_id;
    Some(Tokens { account_id, ..tokens })
}
