//! Tasks of this repository, run as `cargo xtask TASK`. One file per task; every check of `tidy` is a test as well.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool talks to its terminal")]

mod bench;
mod case;
mod ci;
mod credentials;
mod examples;
mod generated;
mod project;
mod record;
mod regen_fixtures;
mod tidy;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::generated::Mode;
use crate::project::Project;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Tasks of this repository")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Check what no compiler checks: dependency arrows, licences, sources, fixtures
    Tidy,
    /// Rebuild everything derived from fixtures: hashes, the index, embedded copies, snapshots
    RegenFixtures {
        /// Change nothing; fail and name what is stale
        #[arg(long)]
        check: bool,
    },
    /// Send a request to a live upstream and keep its reply, byte for byte, as a fixture
    Record(record::Arguments),
    /// Run the examples and the README's program, and check what they print
    Examples,
    /// Measure speed and memory beside other programs', and write docs/performance.md
    Bench(bench::Arguments),
    /// Run what continuous integration runs
    Ci {
        /// Steps to run, in this order; all when none is given
        steps: Vec<String>,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> anyhow::Result<()> {
    let project = Project::here();
    match task {
        Task::Tidy => tidy::run(&project),
        Task::RegenFixtures { check } => regen_fixtures::run(&project, if check { Mode::Check } else { Mode::Write }),
        Task::Bench(arguments) => bench::run(&project, &arguments),
        Task::Examples => examples::run(&project),
        Task::Record(arguments) => record::run(&project, &arguments),
        Task::Ci { steps } => ci::run(&project, &steps),
    }
}
