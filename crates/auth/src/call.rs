//! One small request to the issuer: a limit on its time, a limit on its answer, and words for what went wrong.

use std::time::Duration;

use http::{HeaderMap, StatusCode, header};
use reqwest::{RequestBuilder, Response};

use crate::{
    error::{IssuerError, without_secrets},
    http_client::chain,
    policy::Failure,
    refusal::code_of,
};

/// An answer, whatever its status.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Vec<u8>,
    pub(crate) retry_after: Option<Duration>,
    host: String,
    request_id: Option<String>,
}

/// A failure and what it means for a retry.
#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) failure: Failure,
    pub(crate) error: Box<IssuerError>,
}

/// Sends the request and reads the whole answer within `limit`.
pub(crate) async fn call(request: RequestBuilder, limit: Duration, action: &'static str) -> Result<Answer, Failed> {
    let (client, request) = request.build_split();
    let request =
        request.map_err(|_| failed(action, "?", Failure::NotSent, "cannot be asked: bad request".to_owned()))?;
    let host = without_secrets(request.url());
    let exchange = async {
        let response = client.execute(request).await.map_err(|error| {
            if error.is_connect() {
                failed(action, &host, Failure::NotSent, format!("could not be reached: {}", chain(&error)))
            } else {
                failed(action, &host, Failure::Interrupted, format!("did not answer: {}", chain(&error)))
            }
        })?;
        read(response, &host, action).await
    };
    tokio::time::timeout(limit, exchange).await.unwrap_or_else(|_| {
        let problem = format!("did not answer within {} s", limit.as_secs_f32());
        Err(failed(action, &host, Failure::Interrupted, problem))
    })
}

impl Answer {
    /// The error code of the body, if it is one that can be shown: short, plain, and not an echo of what was sent.
    pub(crate) fn code(&self, sent: &[&str]) -> Option<String> {
        let code = code_of(&self.body)?;
        let plain =
            code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
        let echo = sent.iter().any(|secret| secret.contains(&code) || code.contains(secret));
        (plain && !echo).then_some(code)
    }

    pub(crate) fn request_id(&self) -> Option<String> {
        self.request_id.clone()
    }

    /// Whether the body is JSON. A challenge page of something in between is not the issuer's word.
    pub(crate) fn is_json(&self) -> bool {
        serde_json::from_slice::<serde::de::IgnoredAny>(&self.body).is_ok()
    }

    /// This answer as a failure of the action.
    pub(crate) fn failed(&self, action: &'static str, sent: &[&str]) -> Failed {
        let failure = Failure::Status { status: self.status.as_u16(), retry_after: self.retry_after };
        let what = if self.is_json() || self.body.is_empty() { "" } else { " with something that is not JSON" };
        self.as_failure(action, failure, format!("answered {}{what}", self.status.as_u16()), self.code(sent))
    }

    /// A success that cannot be understood.
    pub(crate) fn unreadable(&self, action: &'static str) -> Failed {
        self.as_failure(action, Failure::Unreadable, "gave an answer that cannot be understood".to_owned(), None)
    }

    fn as_failure(&self, action: &'static str, failure: Failure, problem: String, code: Option<String>) -> Failed {
        Failed {
            failure,
            error: Box::new(IssuerError {
                action,
                host: self.host.clone(),
                problem,
                status: Some(self.status.as_u16()),
                code,
                request_id: self.request_id.clone(),
                retry_after: self.retry_after,
            }),
        }
    }
}

/// A token answer has 5 KB.
const ANSWER_LIMIT: usize = 256 * 1024;

async fn read(mut response: Response, host: &str, action: &'static str) -> Result<Answer, Failed> {
    let status = response.status();
    let retry_after = retry_after(response.headers());
    let request_id = request_id(response.headers());
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(None) => break,
            Ok(Some(chunk)) if body.len() + chunk.len() <= ANSWER_LIMIT => body.extend_from_slice(&chunk),
            Ok(Some(_)) => {
                let problem = format!("answered with more than {ANSWER_LIMIT} bytes");
                return Err(failed(action, host, Failure::Interrupted, problem));
            }
            Err(error) => {
                let problem = format!("broke off its answer: {}", chain(&error));
                return Err(failed(action, host, Failure::Interrupted, problem));
            }
        }
    }
    Ok(Answer { status, body, retry_after, host: host.to_owned(), request_id })
}

fn failed(action: &'static str, host: &str, failure: Failure, problem: String) -> Failed {
    let error = Box::new(IssuerError {
        action,
        host: host.to_owned(),
        problem,
        status: None,
        code: None,
        request_id: None,
        retry_after: None,
    });
    Failed { failure, error }
}

/// `Retry-After` (RFC 9110, section 10.2.3) in seconds; the issuer does not send the form with a date.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

fn request_id(headers: &HeaderMap) -> Option<String> {
    ["x-request-id", "x-oai-request-id", "cf-ray"].iter().find_map(|name| {
        let id = headers.get(*name)?.to_str().ok()?;
        let plain = !id.is_empty()
            && id.len() <= 64
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        plain.then(|| id.to_owned())
    })
}
