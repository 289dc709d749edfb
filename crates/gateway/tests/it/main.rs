//! The gateway over a replay, asked over real HTTP.

mod allocations;
mod beside;
mod callers;
mod codex;
mod direct;
mod doors;
mod encodings;
mod faults;
mod guests;
mod made_pictures;
mod messages;
mod passed;
mod passthrough;
mod refusals;
mod replicas;
mod responses;
mod route;
mod secrets;
mod state;
mod streams;
mod support;
mod thoughts;
mod watching;
mod websocket;
mod websocket_ends;
