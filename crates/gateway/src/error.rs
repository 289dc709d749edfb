//! Errors as OpenAI's clients expect them. Those of Messages get them in another envelope, see `envelope.rs`.

use std::fmt;

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use interlingua_model::Failure;
use interlingua_translate::{Error as TranslateError, status_kind};
use interlingua_wire::chat::{ErrorBody, ErrorCode, ErrorDetail};
use serde::Serialize;

use crate::json_reply::{body, json};

/// An error answer: a status, and OpenAI's error object beside it.
///
/// Both APIs: schema `ErrorResponse`. It serializes as `{"status":400,"error":{"message":..,"type":..,"param":..,"code":..}}`;
/// what goes over HTTP is the same without `status`.
///
/// ```
/// use interlingua_gateway::ApiError;
///
/// let error = ApiError::bad_request("`n` must be 1").with_param("n").with_code("unsupported_value");
/// assert_eq!(error.to_string(), "n: `n` must be 1");
/// assert_eq!(error.status, 400);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ApiError {
    /// The HTTP status.
    #[serde(serialize_with = "as_number")]
    pub status: StatusCode,
    /// What went wrong.
    pub error: Box<ErrorDetail>,
    /// What the client should know beside the body: limits, and when to come back.
    #[serde(skip)]
    headers: Box<HeaderMap>,
    /// The upstream's own envelope, which goes to the client as it came.
    #[serde(skip)]
    said: Option<Bytes>,
}

impl ApiError {
    /// An error of this status, and of the class (`error.type`) that the status stands for.
    #[must_use]
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self::of_kind(status, status_kind(status.as_u16()), message)
    }

    fn of_kind(status: StatusCode, kind: &str, message: impl Into<String>) -> Self {
        let error =
            ErrorDetail { message: Some(message.into()), kind: Some(kind.to_owned()), ..ErrorDetail::default() };
        Self { status, error: Box::new(error), headers: Box::default(), said: None }
    }

    /// The caller's fault, 400.
    #[must_use]
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// The upstream's fault, 502.
    #[must_use]
    pub fn bad_gateway(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_GATEWAY, message)
    }

    /// The server is told to stop and has given the request all the time it could, 503.
    pub(crate) fn closing() -> Self {
        Self::from(&closing())
    }

    /// Names the field at fault, as a path in the caller's document.
    #[must_use]
    pub fn with_param(mut self, path: impl Into<String>) -> Self {
        self.error.param = Some(path.into());
        self
    }

    /// Names the field at fault as it stands in another document.
    pub(crate) fn rename_param(mut self, rename: impl FnOnce(&str) -> Option<String>) -> Self {
        self.error.param = self.error.param.as_deref().and_then(rename);
        self
    }

    /// Adds a header for the client.
    pub(crate) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// The same with a class, a message and a code that are words, for clients that know an error by them.
    pub(crate) fn coded(mut self) -> Self {
        let kind = self.error.kind.get_or_insert_with(|| "server_error".to_owned()).clone();
        let code = match self.error.code.take() {
            Some(ErrorCode::Word(code)) => code,
            Some(ErrorCode::Number(code)) => i64::from(code).to_string(),
            None => kind,
        };
        self.error.message.get_or_insert_with(|| code.clone());
        self.error.code = Some(ErrorCode::Word(code));
        self
    }

    /// Status, body and headers.
    pub(crate) fn parts(&self) -> (StatusCode, &ErrorDetail, &HeaderMap) {
        (self.status, &self.error, &self.headers)
    }

    /// Adds the word that programs match on.
    #[must_use]
    pub fn with_code(mut self, code: impl Into<String>) -> Self {
        self.error.code = Some(ErrorCode::Word(code.into()));
        self
    }
}

/// What ends a reply when the server does.
pub(crate) fn closing() -> Failure {
    Failure {
        code: Some("server_shutting_down".to_owned()),
        message: "the gateway is shutting down; send the request again in a moment".to_owned(),
        kind: Some("server_error".to_owned()),
        ..Failure::default()
    }
}

impl From<TranslateError> for ApiError {
    fn from(error: TranslateError) -> Self {
        let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_GATEWAY);
        let mut api = Self::of_kind(status, error.kind(), error.message());
        api.error.param = error.param().map(str::to_owned);
        api.error.code = error.code().map(|code| ErrorCode::Word(code.to_owned()));
        api
    }
}

impl From<&Failure> for ApiError {
    fn from(failure: &Failure) -> Self {
        Self::from(TranslateError::Upstream(Box::new(failure.clone())))
    }
}

impl ApiError {
    /// An error that an upstream has told: what a client learns beside it, and the envelope that goes to the client as it came.
    pub(crate) fn told(status: StatusCode, error: ErrorDetail, headers: HeaderMap, said: Option<Bytes>) -> Self {
        Self { status, error: Box::new(error), headers: Box::new(headers), said }
    }

    /// The upstream's own envelope, where it is to go to the client as it came.
    pub(crate) fn said(&self) -> Option<&Bytes> {
        self.said.as_ref()
    }

    /// The same as what the translator knows a failure as.
    pub(crate) fn failure(&self) -> Failure {
        let ErrorDetail { message, kind, param, code, misalignment: _, extra: _ } = &*self.error;
        let code = code.as_ref().map(|code| match code {
            ErrorCode::Word(word) => word.clone(),
            ErrorCode::Number(number) => i64::from(*number).to_string(),
        });
        let message = message.clone().unwrap_or_default();
        Failure { code, message, kind: kind.clone(), param: param.clone(), raw: None }
    }
}

/// In OpenAI's shape. The error goes along as an extension of the response, for whoever has to say it in other words.
impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = match &self.said {
            Some(said) => body(said.clone()),
            None => json(self.status, &ErrorBody { error: (*self.error).clone(), ..ErrorBody::default() }),
        };
        *response.status_mut() = self.status;
        response.headers_mut().extend((*self.headers).clone());
        response.extensions_mut().insert(self);
        response
    }
}

/// For a person: the path, if any, and the message.
impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(param) = &self.error.param {
            write!(f, "{param}: ")?;
        }
        f.write_str(self.error.message.as_deref().unwrap_or("unknown error"))
    }
}

impl std::error::Error for ApiError {}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn as_number<S: serde::Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}
