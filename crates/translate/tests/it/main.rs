//! What each direction does, by example: what a reader of the specification would ask for. What is true of every case is in
//! `laws/`.
#![cfg(test)]

mod agents;
mod allocations;
mod bounds;
mod cut_calls;
mod forms;
mod history;
mod newer;
mod passed;
mod replies;
mod requests;
mod stop;
mod streams;
#[path = "../support/mod.rs"]
mod support;
mod surrogates;
mod unshown;
