//! From what went wrong to what the client is told: a constructor for each kind.

use std::time::Duration;

use http::StatusCode;
use interlingua_model::Failure;
use interlingua_translate::{UPSTREAM_MALFORMED, failure_status};

use super::failures::{UPSTREAM_TIMEOUT, cut_failure, malformed_failure, own, timeout_failure};
use super::phase::Phase;
use super::{Cause, Error, Inner};
use crate::TransportError;
use crate::codex::usage_limit::resets_in;

impl Error {
    fn new(cause: Cause, phase: Phase, status: StatusCode, failure: Failure) -> Self {
        Self(Box::new(Inner { cause, phase, failure, status, head: None, retry_after: None, said: None }))
    }

    pub(crate) fn configuration(message: String) -> Self {
        let failure = own("configuration_error", message);
        Self::new(Cause::Configuration, Phase::Prepare, StatusCode::INTERNAL_SERVER_ERROR, failure)
    }

    /// The key would go where everybody can read it. Not a status that any client repeats its request for.
    pub(crate) fn plain_http() -> Self {
        let message = "the upstream is another machine and its address is plain HTTP, so that everybody on the way could \
                       read the key: write https://, or say `allow_plain_http = true` (--allow-plain-http) if the way is \
                       safe";
        let failure = own("plain_http", message.to_owned());
        Self::new(Cause::Configuration, Phase::Prepare, StatusCode::FORBIDDEN, failure)
    }

    /// The login or key cannot be used: 401 where only the person can help, 503 where it may work later.
    #[cfg(feature = "reqwest")]
    pub(crate) fn credentials(error: interlingua_auth::Error) -> Self {
        let may_pass = matches!(
            error,
            interlingua_auth::Error::Issuer(_)
                | interlingua_auth::Error::Locked { .. }
                | interlingua_auth::Error::Ended
        );
        let (status, code, kind) = if error.needs_login() {
            (StatusCode::UNAUTHORIZED, "login_required", "authentication_error")
        } else if may_pass {
            (StatusCode::SERVICE_UNAVAILABLE, "credentials_unavailable", "server_error")
        } else {
            (StatusCode::INTERNAL_SERVER_ERROR, "credentials_unusable", "server_error")
        };
        let failure = Failure { kind: Some(kind.to_owned()), ..own(code, error.to_string()) };
        let retry_after = if let interlingua_auth::Error::Issuer(issuer) = &error { issuer.retry_after } else { None };
        let mut error = Self::new(Cause::Credentials(Box::new(error)), Phase::Prepare, status, failure);
        error.0.retry_after = retry_after;
        error
    }

    pub(crate) fn translation(error: interlingua_translate::Error) -> Self {
        let status = status_of(error.status());
        let failure = error.clone().into_failure();
        Self::new(Cause::Translation(error), Phase::Translate, status, failure)
    }

    pub(crate) fn transport(error: TransportError, host: &str) -> Self {
        let (phase, code, status, message) = if error.is_connect() && error.is_timeout() {
            let message = format!("no connection to the upstream at {host} came about in time");
            (Phase::Connect, UPSTREAM_TIMEOUT, StatusCode::GATEWAY_TIMEOUT, message)
        } else if error.is_foreign() {
            let message = format!("the upstream at {host} cannot be understood or trusted: {error}");
            let phase = if error.is_connect() { Phase::Connect } else { Phase::Headers };
            (phase, "upstream_foreign", StatusCode::BAD_GATEWAY, message)
        } else if error.is_connect() {
            let message = format!("the upstream at {host} cannot be reached: {error}");
            (Phase::Connect, "upstream_unreachable", StatusCode::BAD_GATEWAY, message)
        } else {
            let message = format!("the upstream at {host} broke off before it answered: {error}");
            (Phase::Headers, "upstream_disconnected", StatusCode::BAD_GATEWAY, message)
        };
        Self::new(Cause::Transport(error), phase, status, own(code, message))
    }

    pub(crate) fn timeout(phase: Phase, limit: Duration) -> Self {
        let failure = timeout_failure(phase, limit);
        Self::new(Cause::Timeout, phase, StatusCode::GATEWAY_TIMEOUT, failure)
    }

    /// A reply that broke off in the middle.
    pub(crate) fn cut(phase: Phase, error: TransportError) -> Self {
        let failure = cut_failure(&error);
        let status = if error.is_timeout() { StatusCode::GATEWAY_TIMEOUT } else { StatusCode::BAD_GATEWAY };
        Self::new(Cause::Transport(error), phase, status, failure)
    }

    pub(crate) fn malformed(phase: Phase, message: String) -> Self {
        Self::new(Cause::Malformed, phase, StatusCode::BAD_GATEWAY, malformed_failure(message))
    }

    /// The upstream's own error, with an error's status.
    pub(crate) fn refused(status: StatusCode, failure: Failure) -> Self {
        let retry_after = resets_in(&failure);
        let mut error = Self::new(Cause::Upstream, Phase::Headers, status, failure);
        error.0.retry_after = retry_after;
        error
    }

    /// The upstream refused renewed credentials as well.
    pub(crate) fn relogin(failure: &Failure) -> Self {
        let said = &failure.message;
        let message =
            format!("the upstream refused the login again after it was renewed ({said}); run `interlingua login`");
        let kind = Some("authentication_error".to_owned());
        let failure = Failure { kind, ..own("login_required", message) };
        Self::new(Cause::Relogin, Phase::Headers, StatusCode::UNAUTHORIZED, failure)
    }

    /// A sound reply that its caller can make nothing of.
    #[must_use]
    pub fn unusable(failure: Failure) -> Self {
        Self::in_reply(Phase::MidStream, failure)
    }

    /// The upstream's own error, inside a reply whose status was fine.
    pub(crate) fn in_reply(phase: Phase, failure: Failure) -> Self {
        let status = status_of(failure_status(&failure));
        if failure.code.as_deref() == Some(UPSTREAM_MALFORMED) {
            return Self::new(Cause::Malformed, phase, status, failure);
        }
        let retry_after = resets_in(&failure);
        let mut error = Self::new(Cause::Upstream, phase, status, failure);
        error.0.retry_after = retry_after;
        error
    }
}

fn status_of(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY)
}
