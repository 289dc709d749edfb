//! `cargo xtask bench`: measures, and writes what was measured into `docs/performance.md`, with a chart for each group.
//!
//! What measures leaves rows, one JSON object a line, in `target/bench/*.jsonl`; all such files together are the page. A new
//! measurement is one more file there, and one more line in [`MEASUREMENTS`].

mod chart;
mod machine;
mod number;
mod page;
mod rows;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

use crate::project::Project;

/// Where rows are left, and what is made of them.
const ROWS: &str = "target/bench";
const PAGE: &str = "docs/performance.md";
const CHARTS: &str = "docs/images";

/// What measures: a binary of `bench/`, built for speed, that writes its rows to the path it is given.
struct Measurement {
    /// The name of its rows.
    rows: &'static str,
    binary: &'static str,
    /// Features of `bench/`: peers that only a comparison needs.
    features: &'static str,
    /// Whether it measures the program `interlingua`, and is given its path.
    is_of_program: bool,
}

const MEASUREMENTS: [Measurement; 3] = [
    Measurement { rows: "inprocess", binary: "inprocess", features: "peers", is_of_program: false },
    Measurement { rows: "inprocess_heap", binary: "inprocess", features: "counted", is_of_program: false },
    Measurement { rows: "gateway", binary: "gateway", features: "", is_of_program: true },
];

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Write the page from the rows that are there, without measuring
    #[arg(long)]
    render: bool,
    /// How often each row is measured; the median counts
    #[arg(long, default_value_t = 15)]
    rounds: u32,
}

pub(crate) fn run(project: &Project, arguments: &Arguments) -> Result<()> {
    fs::create_dir_all(project.path(ROWS)).with_context(|| format!("cannot make {ROWS}"))?;
    if !arguments.render {
        for measurement in &MEASUREMENTS {
            measure(project, measurement, arguments.rounds)?;
        }
    }
    let groups = rows::read(project, ROWS)?;
    if groups.is_empty() {
        bail!("there are no rows in {ROWS}; run `cargo xtask bench` without --render first");
    }
    for chart in groups.iter().filter_map(chart::of) {
        let path = format!("{CHARTS}/{}", chart.file);
        fs::write(project.path(&path), chart.svg).with_context(|| format!("cannot write {path}"))?;
    }
    let page = page::write(&groups, &machine::describe(project)?);
    fs::write(project.path(PAGE), page).with_context(|| format!("cannot write {PAGE}"))?;
    println!("{PAGE}: {} groups", groups.len());
    Ok(())
}

fn measure(project: &Project, measurement: &Measurement, rounds: u32) -> Result<()> {
    let Measurement { rows, binary, features, is_of_program } = measurement;
    let rows = project.path(&format!("{ROWS}/{rows}.jsonl"));
    let program = if *is_of_program { Some(program(project)?) } else { None };
    let status = project
        .cargo_command()
        .args([
            "run",
            "--profile",
            "measure",
            "--locked",
            "--ignore-rust-version",
            "--manifest-path",
            "bench/Cargo.toml",
            "--features",
            features,
        ])
        .args(["--bin", binary, "--"])
        .arg(&rows)
        .arg(rounds.to_string())
        .args(program)
        .status()
        .context("cannot start cargo")?;
    if !status.success() {
        bail!("the measurement `{binary}` failed; its message stands above");
    }
    Ok(())
}

/// Builds the program as it is passed on, and says where it is.
fn program(project: &Project) -> Result<PathBuf> {
    let mut build = project.cargo_command();
    build.args(["build", "--profile", "dist", "--locked", "--package", "interlingua"]);
    let status = build.status().context("cannot start cargo")?;
    if !status.success() {
        bail!("the program cannot be built; its messages stand above");
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| project.path("target"), PathBuf::from);
    Ok(target.join("dist/interlingua"))
}
