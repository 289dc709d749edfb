//! How Messages spells what stands inside the things of a request.

use crate::places::{What, Word, Words};

pub(crate) const WORDS: Words = Words {
    spellings: &[
        (What::Message, Word::Content, ".content"),
        (What::Part, Word::Text, ".text"),
        // A source is told as a whole: what an address is for others may be data here.
        (What::Part, Word::FileData, ".source"),
        (What::Part, Word::FileId, ".source"),
        (What::Part, Word::ImageUrl, ".source"),
        (What::Part, Word::ImageUrl, ".source.type"),
        (What::Part, Word::ImageUrl, ".source.media_type"),
        (What::Part, Word::ImageUrl, ".source.url"),
        (What::Part, Word::ImageUrl, ".source.data"),
        (What::Part, Word::Filename, ".title"),
        (What::Call, Word::Name, ".name"),
        (What::Call, Word::Arguments, ".input"),
        (What::Call, Word::CallId, ".id"),
        (What::CustomCall, Word::Name, ".name"),
        (What::CustomCall, Word::Input, ".input"),
        (What::CustomCall, Word::CallId, ".id"),
        (What::Result, Word::Content, ".content"),
        (What::Result, Word::CallId, ".tool_use_id"),
        (What::Tool, Word::Name, ".name"),
        (What::Tool, Word::Description, ".description"),
        (What::Tool, Word::Parameters, ".input_schema"),
        (What::Tool, Word::Strict, ".strict"),
        (What::Tool, Word::Kind, ".type"),
        (What::CustomTool, Word::Name, ".name"),
        (What::CustomTool, Word::Description, ".description"),
        (What::CustomTool, Word::Kind, ".type"),
        (What::Format, Word::Kind, ".type"),
        (What::Format, Word::Schema, ".schema"),
    ],
    // A turn is taken apart here, and empty texts go.
    parts_keep_their_places: false,
    // What was made a text of has none of its own.
    at: |path, spelled| {
        let is_made = [".source", ".tool_name", ".content"].iter().any(|end| path.ends_with(end));
        if is_made && [".text", ".content"].contains(&spelled) { "" } else { spelled }
    },
};
