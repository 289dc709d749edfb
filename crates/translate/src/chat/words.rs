//! How Chat spells what stands inside the things of a request.

use crate::places::{What, Word, Words};

pub(crate) const WORDS: Words = Words {
    spellings: &[
        (What::Message, Word::Content, ".content"),
        (What::Part, Word::Text, ".text"),
        (What::Part, Word::ImageUrl, ".image_url.url"),
        (What::Part, Word::Detail, ".image_url.detail"),
        (What::Part, Word::FileData, ".file.file_data"),
        (What::Part, Word::FileId, ".file.file_id"),
        (What::Part, Word::Filename, ".file.filename"),
        (What::Call, Word::Name, ".function.name"),
        (What::Call, Word::Arguments, ".function.arguments"),
        (What::Call, Word::CallId, ".id"),
        (What::CustomCall, Word::Name, ".custom.name"),
        (What::CustomCall, Word::Input, ".custom.input"),
        (What::CustomCall, Word::CallId, ".id"),
        // To servers that know no custom tools.
        (What::CustomCall, Word::Name, ".function.name"),
        (What::CustomCall, Word::Input, ".function.arguments"),
        (What::Result, Word::Content, ".content"),
        (What::Result, Word::CallId, ".tool_call_id"),
        (What::Tool, Word::Name, ".function.name"),
        (What::Tool, Word::Description, ".function.description"),
        (What::Tool, Word::Parameters, ".function.parameters"),
        (What::Tool, Word::Strict, ".function.strict"),
        (What::Tool, Word::Kind, ".type"),
        (What::CustomTool, Word::Name, ".custom.name"),
        (What::CustomTool, Word::Description, ".custom.description"),
        (What::CustomTool, Word::Kind, ".type"),
        (What::CustomTool, Word::Name, ".function.name"),
        (What::CustomTool, Word::Description, ".function.description"),
        (What::Format, Word::Kind, ".type"),
        (What::Format, Word::Name, ".json_schema.name"),
        (What::Format, Word::Description, ".json_schema.description"),
        (What::Format, Word::Schema, ".json_schema.schema"),
        (What::Format, Word::Strict, ".json_schema.strict"),
    ],
    parts_keep_their_places: true,
    // The deprecated functions have no object inside, and neither ids nor kinds.
    at: |path, spelled| {
        let is_bare = path.starts_with("functions[") || path.ends_with(".function_call");
        if is_bare { spelled.strip_prefix(".function").unwrap_or_default() } else { spelled }
    },
};
