//! Translate between the Chat Completions and Responses APIs from the command line, or serve as a gateway.

mod dialect;
mod profile;
mod translate;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Translates between OpenAI's Chat Completions and Responses APIs.
#[derive(Debug, Parser)]
#[command(name = "interlingua", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Translate(translate::Args),
}

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Translate(args) => translate::run(&args),
    }
}
