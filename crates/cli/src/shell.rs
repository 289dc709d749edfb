//! `interlingua completions` and `interlingua man`: the program as shells and manuals know it.

use std::process::ExitCode;

use anyhow::Result;
use clap::Command;
use clap_complete::Shell;
use clap_mangen::Man;

use crate::terminal;

/// Print completions for a shell
///
/// For bash: interlingua completions bash > ~/.local/share/bash-completion/completions/interlingua
#[derive(Debug, clap::Args)]
pub(crate) struct CompletionsArgs {
    /// Which shell
    shell: Shell,
}

/// Print the manual page, or one of a command
///
/// For the whole: interlingua man > ~/.local/share/man/man1/interlingua.1
#[derive(Debug, clap::Args)]
pub(crate) struct ManArgs {
    /// The command, such as serve; without one the program itself
    command: Option<String>,
}

/// Runs `interlingua completions` for the program.
pub(crate) fn completions(args: &CompletionsArgs, mut program: Command) -> Result<ExitCode> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut program, NAME, &mut text);
    terminal::to_stdout(&String::from_utf8(text)?)?;
    Ok(ExitCode::SUCCESS)
}

/// Runs `interlingua man` for the program.
pub(crate) fn man(args: &ManArgs, mut program: Command) -> Result<ExitCode> {
    // Now each command knows its whole name.
    program.build();
    let page = match &args.command {
        None => program,
        Some(name) => {
            let Some(command) = program.find_subcommand(name) else {
                let names: Vec<_> = program.get_subcommands().map(Command::get_name).collect();
                anyhow::bail!("there is no command `{name}`; there are {}", names.join(", "));
            };
            command.clone()
        }
    };
    let mut text = Vec::new();
    Man::new(page).render(&mut text)?;
    terminal::to_stdout(&String::from_utf8(text)?)?;
    Ok(ExitCode::SUCCESS)
}

const NAME: &str = "interlingua";
