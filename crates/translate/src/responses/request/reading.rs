//! A request while it is being read.

use interlingua_model::Sourced;

use crate::{Api, reading};

/// A request while it is being read.
pub(super) type Reading = reading::Reading<Memory>;

/// Nothing has to be remembered.
#[derive(Default)]
pub(super) struct Memory;

impl reading::Memory for Memory {
    const API: Api = Api::Responses;
    const PRIVATE_NOTES: &'static [&'static str] = &["internal_chat_message_metadata_passthrough"];
}

/// A value that may not be there, and its place.
pub(super) fn at<T>(path: &'static str, value: Option<T>) -> Option<Sourced<T>> {
    value.map(|value| Sourced::at(path, value))
}
