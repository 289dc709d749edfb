//! The program, run as a person or a script runs it.

mod anthropic;
mod codex;
mod commands;
mod config;
mod doctor;
mod endings;
mod kept;
mod log;
mod support;
mod translate;
