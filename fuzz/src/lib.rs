//! What must hold of every translated stream, whatever bytes an upstream sends. The fuzz targets and the tests of this
//! package call [`check`] and [`check_damaged`]; both panic with the stream and the law that it breaks.
//!
//! - Nothing panics.
//! - The events follow the grammar of `interlingua_model::Event` ([`grammar`]).
//! - How the bytes are cut into chunks does not change the events.
//! - What is read and written in a way of its own, since streams consist of it, is what the types read and write ([`typed`]).
//! - What every encoder writes of them is JSON without a doubled key ([`json`]), and reads back as a reply with the same
//!   texts, calls and ending ([`told`], [`over_messages`]).

pub mod damage;
pub mod exceptions;
pub mod fixtures;
pub mod grammar;
pub mod json;
pub mod laws;
pub mod over_messages;
pub mod streams;
pub mod told;
pub mod typed;

pub use interlingua_translate::Api;

/// Holds the stream of one upstream to the laws.
pub fn check(upstream: Api, bytes: &[u8]) {
    if let Err(broken) = laws::hold(upstream, bytes) {
        panic!("{broken}\nin the {upstream:?} stream\n{}", String::from_utf8_lossy(bytes));
    }
}

/// Holds a recorded stream to the laws, damaged as `plan` says.
pub fn check_damaged(plan: &[u8]) {
    let (upstream, bytes) = damage::stream(plan);
    check(upstream, &bytes);
}
