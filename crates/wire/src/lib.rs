//! Serde types of the Chat Completions and Responses APIs, one-to-one with the JSON
