//! Translate between the Chat Completions, Responses and Messages APIs from the command line, or serve as a gateway.

mod api;
mod chat;
mod config;
mod demo;
mod doctor;
mod healthy;
mod keys;
mod login;
mod models;
mod profile;
mod replay;
mod runtime;
mod serve;
mod shell;
mod terminal;
#[cfg(feature = "top")]
mod top;
mod translate;
mod upstream;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

/// Translates between OpenAI's Chat Completions and Responses APIs and Anthropic's Messages API.
#[derive(Debug, Parser)]
#[command(name = "interlingua", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Args),
    Serve(serve::Args),
    Config(config::Args),
    Chat(chat::Args),
    Translate(translate::Args),
    Models(models::Args),
    Profiles(profile::ProfilesArgs),
    Replay(replay::Args),
    Login(login::Args),
    Logout(login::LogoutArgs),
    Status(login::StatusArgs),
    Doctor(doctor::Args),
    Healthy(healthy::Args),
    #[cfg(feature = "top")]
    Top(top::Args),
    Completions(shell::CompletionsArgs),
    Man(shell::ManArgs),
}

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Demo(args) => runtime::run(demo::run(args)),
        Command::Serve(args) => runtime::run(serve::run(args)),
        Command::Config(args) => runtime::run(config::run(args)),
        Command::Chat(args) => runtime::run(chat::run(args)),
        Command::Translate(args) => translate::run(&args),
        Command::Models(args) => runtime::run(models::run(args)),
        Command::Profiles(args) => runtime::told(profile::profiles(&args)),
        Command::Replay(args) => runtime::run(replay::run(args)),
        Command::Login(args) => runtime::run(login::run(args)),
        Command::Logout(args) => runtime::run(login::logout(args)),
        Command::Status(args) => runtime::run(login::status(args)),
        Command::Doctor(args) => runtime::run(doctor::run(args)),
        Command::Healthy(args) => runtime::run(healthy::run(args)),
        #[cfg(feature = "top")]
        Command::Top(args) => runtime::run(top::run(args)),
        Command::Completions(args) => runtime::told(shell::completions(&args, Cli::command())),
        Command::Man(args) => runtime::told(shell::man(&args, Cli::command())),
    }
}
