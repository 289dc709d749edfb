//! Failures of our own making, also for the frame that ends a stream.

use std::time::Duration;

use interlingua_model::Failure;
use interlingua_translate::{STREAM_INCOMPLETE, UPSTREAM_MALFORMED};

use super::phase::Phase;
use crate::TransportError;

/// The upstream is too slow.
pub(super) const UPSTREAM_TIMEOUT: &str = "upstream_timeout";

/// A failure of a class that is nobody's fault but the server's.
pub(super) fn own(code: &str, message: String) -> Failure {
    Failure { code: Some(code.to_owned()), message, kind: Some("server_error".to_owned()), param: None, raw: None }
}

pub(crate) fn timeout_failure(phase: Phase, limit: Duration) -> Failure {
    let seconds = limit.as_secs_f64();
    let message = match phase {
        Phase::FirstEvent => format!("the upstream sent no event within {seconds} s of the head of its reply"),
        Phase::MidStream => format!("the upstream sent nothing for {seconds} s in the middle of its reply"),
        Phase::Prepare | Phase::Translate | Phase::Connect | Phase::Headers => {
            format!("the upstream did not answer within {seconds} s")
        }
    };
    own(UPSTREAM_TIMEOUT, message)
}

pub(crate) fn cut_failure(error: &TransportError) -> Failure {
    own(STREAM_INCOMPLETE, format!("upstream stream ended early: {error}"))
}

pub(super) fn malformed_failure(message: String) -> Failure {
    own(UPSTREAM_MALFORMED, message)
}
