//! The login with a short code, typed into a browser on any machine (RFC 8628 in spirit, the issuer's own in form).

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::Instant;

use super::{check, store};
use crate::{
    call::{Answer, call},
    config::Config,
    error::{Error, LoginError},
    http_client::HttpClient,
    issuer::{Issuer, LOGIN},
    status::Status,
};

/// A login that waits for the person to type the code.
///
/// ```no_run
/// # async fn example() -> Result<(), interlingua_auth::Error> {
/// use interlingua_auth::{Config, DeviceLogin, HttpSettings};
///
/// let client = HttpSettings::default().client()?;
/// let login = DeviceLogin::start(&Config::from_env()?, &client).await?;
/// println!("open {} and type {}", login.verification_url(), login.user_code());
/// let status = login.wait().await?;
/// println!("logged in as {:?}", status.email);
/// # Ok(()) }
/// ```
pub struct DeviceLogin {
    issuer: Issuer,
    device_auth_id: SecretString,
    user_code: String,
    verification_url: String,
    interval: Duration,
    deadline: Instant,
}

impl DeviceLogin {
    /// Asks the issuer for a code.
    ///
    /// Fails with [`LoginError::DeviceNotEnabled`] where the issuer does not offer this way, and with [`Error::File`] when
    /// the result could not be saved.
    pub async fn start(config: &Config, client: &HttpClient) -> Result<Self, Error> {
        check(config).await?;
        let issuer = Issuer::new(config, client);
        let body = serde_json::json!({ "client_id": config.client_id });
        let request = client.http().post(config.at_issuer("/api/accounts/deviceauth/usercode")).json(&body);
        let answer =
            call(request, config.refresh.request, LOGIN).await.map_err(|failed| Error::Issuer(failed.error))?;
        if answer.status == http::StatusCode::NOT_FOUND {
            return Err(Error::Login(LoginError::DeviceNotEnabled));
        }
        if !answer.status.is_success() {
            return Err(Error::Issuer(answer.failed(LOGIN, &[]).error));
        }
        let unreadable = || Error::Issuer(answer.unreadable(LOGIN).error);
        let code: Begun = serde_json::from_slice(&answer.body).map_err(|_| unreadable())?;
        let user_code = code.user_code.or(code.usercode).ok_or_else(unreadable)?;
        let interval = code.interval.as_ref().and_then(seconds).unwrap_or(config.login.poll_interval);
        let lifetime = code.expires_in.as_ref().and_then(seconds).or_else(|| code.expires_at.as_ref().and_then(until));
        Ok(Self {
            issuer,
            device_auth_id: SecretString::from(code.device_auth_id),
            user_code,
            verification_url: config.at_issuer("/codex/device").into(),
            interval: interval.max(config.login.poll_floor),
            deadline: Instant::now() + lifetime.unwrap_or(config.login.total).min(config.login.total),
        })
    }

    /// The code to type. Good for one login; to be shown to the person and to nobody else.
    #[must_use]
    pub fn user_code(&self) -> &str {
        &self.user_code
    }

    /// The address to open.
    #[must_use]
    pub fn verification_url(&self) -> &str {
        &self.verification_url
    }

    /// How long the person has left.
    #[must_use]
    pub fn time_left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// Asks until the person has typed the code, then redeems it and saves the login.
    ///
    /// Takes at most as long as the code lasts. An issuer that cannot be reached for a while is asked again.
    pub async fn wait(self) -> Result<Status, Error> {
        let config = &self.issuer.config;
        let mut interval = self.interval;
        loop {
            let poll = Instant::now() + interval;
            if poll >= self.deadline {
                tokio::time::sleep_until(self.deadline).await;
                return Err(Error::Login(LoginError::Expired));
            }
            tokio::time::sleep_until(poll).await;
            match self.poll().await? {
                Poll::Pending => {}
                Poll::SlowDown(asked) => interval = (interval + config.login.slow_down).max(asked),
                Poll::Granted { code, verifier } => {
                    let redirect_uri = String::from(config.at_issuer("/deviceauth/callback"));
                    let tokens = self.issuer.redeem(&code, &verifier, &redirect_uri).await?;
                    return store(config, tokens).await;
                }
            }
        }
    }

    async fn poll(&self) -> Result<Poll, Error> {
        let config = &self.issuer.config;
        let body = PollBody { device_auth_id: self.device_auth_id.expose_secret(), user_code: &self.user_code };
        let url = config.at_issuer("/api/accounts/deviceauth/token");
        let request = self.issuer.client.http().post(url).json(&body);
        let limit = config.refresh.request.min(self.time_left());
        let Ok(answer) = call(request, limit, LOGIN).await else { return Ok(Poll::Pending) };
        self.judge(&answer)
    }

    /// Pending is 403 or 404 here; the codes of RFC 8628 (section 3.5) are understood beside that.
    fn judge(&self, answer: &Answer) -> Result<Poll, Error> {
        let sent = [self.device_auth_id.expose_secret(), &self.user_code];
        let code = answer.code(&sent);
        match (answer.status.as_u16(), code.as_deref()) {
            (200..=299, _) => {
                let granted = serde_json::from_slice::<Granted>(&answer.body)
                    .map_err(|_| Error::Login(LoginError::Exchange(answer.unreadable(LOGIN).error)))?;
                Ok(Poll::Granted {
                    code: SecretString::from(granted.authorization_code),
                    verifier: SecretString::from(granted.code_verifier),
                })
            }
            (429, _) | (400..=499, Some("slow_down")) => Ok(Poll::SlowDown(answer.retry_after.unwrap_or_default())),
            (400..=499, Some("expired_token" | "token_expired")) => Err(Error::Login(LoginError::Expired)),
            (400..=499, Some("access_denied" | "authorization_declined")) => {
                Err(Error::Login(LoginError::Denied(code)))
            }
            (400, Some("authorization_pending")) | (403 | 404 | 408 | 500..=599, _) => Ok(Poll::Pending),
            _ => Err(Error::Login(LoginError::Exchange(answer.failed(LOGIN, &sent).error))),
        }
    }
}

impl fmt::Debug for DeviceLogin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceLogin").field("verification_url", &self.verification_url).finish_non_exhaustive()
    }
}

enum Poll {
    Pending,
    SlowDown(Duration),
    Granted { code: SecretString, verifier: SecretString },
}

#[derive(Deserialize)]
struct Begun {
    device_auth_id: String,
    user_code: Option<String>,
    usercode: Option<String>,
    interval: Option<Value>,
    expires_in: Option<Value>,
    expires_at: Option<Value>,
}

#[derive(Serialize)]
struct PollBody<'a> {
    device_auth_id: &'a str,
    user_code: &'a str,
}

#[derive(Deserialize)]
struct Granted {
    authorization_code: String,
    code_verifier: String,
}

/// Seconds, as a number or as a string: the issuer has sent both.
fn seconds(value: &Value) -> Option<Duration> {
    let seconds = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())?;
    Duration::try_from_secs_f64(seconds).ok()
}

/// The time left until a moment, given in Unix seconds or as RFC 3339.
fn until(value: &Value) -> Option<Duration> {
    let moment = match value.as_str().and_then(|text| humantime::parse_rfc3339_weak(text).ok()) {
        Some(moment) => moment,
        None => SystemTime::UNIX_EPOCH.checked_add(seconds(value)?)?,
    };
    Some(moment.duration_since(SystemTime::now()).unwrap_or_default())
}
