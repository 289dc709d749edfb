//! The program, run as a person or a script runs it.

mod codex;
mod commands;
mod support;
mod translate;
