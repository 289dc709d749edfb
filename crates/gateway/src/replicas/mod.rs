//! What several gateways behind one address have in common, in a Redis that all of them reach: limits of callers, renewals of
//! logins, and the store of replies.
//!
//! The first two go on without it: each gateway then counts for itself, and renews for itself. The log says so once, and once
//! more when it is back.

mod limits;
mod link;
mod login;

pub(crate) use self::limits::{Lease, Over, SharedLimits};
pub(crate) use self::link::Link;
