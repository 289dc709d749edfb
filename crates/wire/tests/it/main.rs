//! The types against JSON as OpenAI and others write it.

mod chat_chunks;
mod chat_recordings;
mod chat_replies;
mod chat_requests;
mod messages_bodies;
mod messages_recordings;
mod reading;
mod responses_bodies;
mod responses_events;
mod responses_recordings;
mod support;
