//! Lossless translation between the Chat Completions and Responses APIs, without IO
