//! How Responses spells what stands inside the things of a request.

use crate::places::{What, Word, Words};

pub(crate) const WORDS: Words = Words {
    spellings: &[
        (What::Message, Word::Content, ".content"),
        (What::Part, Word::Text, ".text"),
        (What::Part, Word::ImageUrl, ".image_url"),
        (What::Part, Word::Detail, ".detail"),
        (What::Part, Word::FileData, ".file_data"),
        (What::Part, Word::FileId, ".file_id"),
        (What::Part, Word::Filename, ".filename"),
        (What::Call, Word::Name, ".name"),
        (What::Call, Word::Arguments, ".arguments"),
        (What::Call, Word::CallId, ".call_id"),
        (What::CustomCall, Word::Name, ".name"),
        (What::CustomCall, Word::Input, ".input"),
        (What::CustomCall, Word::CallId, ".call_id"),
        (What::Result, Word::Content, ".output"),
        (What::Result, Word::CallId, ".call_id"),
        (What::Tool, Word::Name, ".name"),
        (What::Tool, Word::Description, ".description"),
        (What::Tool, Word::Parameters, ".parameters"),
        (What::Tool, Word::Strict, ".strict"),
        (What::Tool, Word::Kind, ".type"),
        (What::CustomTool, Word::Name, ".name"),
        (What::CustomTool, Word::Description, ".description"),
        (What::CustomTool, Word::Kind, ".type"),
        (What::Format, Word::Kind, ".type"),
        (What::Format, Word::Name, ".name"),
        (What::Format, Word::Description, ".description"),
        (What::Format, Word::Schema, ".schema"),
        (What::Format, Word::Strict, ".strict"),
    ],
    parts_keep_their_places: true,
    at: |_, spelled| spelled,
};
