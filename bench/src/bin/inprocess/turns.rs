//! Measuring in turns, and the rows that come of it.

use std::alloc::System;
use std::hint::black_box;
use std::time::Instant;

use cap::Cap;
use serde_json::{Value, json};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

/// Counts allocations, and what is held at once.
#[global_allocator]
static HEAP: Cap<&StatsAlloc<System>> = Cap::new(&INSTRUMENTED_SYSTEM, usize::MAX);

/// What is measured: a name, and a pass over the whole input that returns something that depends on all of it.
pub struct Case<'a> {
    pub name: String,
    pass: Box<dyn FnMut() -> usize + 'a>,
}

impl<'a> Case<'a> {
    pub fn new(name: impl Into<String>, pass: impl FnMut() -> usize + 'a) -> Self {
        Self { name: name.into(), pass: Box::new(pass) }
    }
}

/// What one pass took.
pub struct Measured {
    pub name: String,
    /// Seconds of each round.
    times: Vec<f64>,
    /// Allocations of one pass.
    pub allocations: f64,
    /// The most bytes of heap it held at once.
    pub heap: f64,
}

impl Measured {
    /// How many times as long it took as another.
    pub fn times_longer(&self, other: &Self) -> f64 {
        let mut ratios: Vec<f64> = self.times.iter().zip(&other.times).map(|(this, other)| this / other).collect();
        ratios.sort_by(f64::total_cmp);
        ratios[ratios.len() / 2]
    }
}

/// Runs the cases in turns, each often enough in a turn to be seen.
pub fn measure(mut cases: Vec<Case<'_>>, rounds: u32) -> Vec<Measured> {
    const TURN: f64 = 0.015;
    let mut measured: Vec<(Measured, u32)> = cases
        .iter_mut()
        .map(|case| {
            black_box((case.pass)());
            // The most that was ever held only grows: with ballast up to there, what a pass adds is its own.
            let ballast = Vec::<u8>::with_capacity(HEAP.max_allocated() - HEAP.allocated());
            let (region, held) = (Region::new(&INSTRUMENTED_SYSTEM), HEAP.allocated());
            black_box((case.pass)());
            let counted = region.change();
            let allocations = (counted.allocations + counted.reallocations) as f64;
            let heap = (HEAP.max_allocated() - held) as f64;
            drop(black_box(ballast));
            let begun = Instant::now();
            black_box((case.pass)());
            let passes = (TURN / begun.elapsed().as_secs_f64()).ceil().clamp(1.0, 1e6) as u32;
            (Measured { name: case.name.clone(), times: Vec::new(), allocations, heap }, passes)
        })
        .collect();
    for _ in 0..rounds {
        for (case, (measured, passes)) in cases.iter_mut().zip(&mut measured) {
            let begun = Instant::now();
            for _ in 0..*passes {
                black_box((case.pass)());
            }
            measured.times.push(begun.elapsed().as_secs_f64() / f64::from(*passes));
        }
    }
    measured.into_iter().map(|(measured, _)| measured).collect()
}

/// What a row must reach, and what it aims for.
pub struct Asked {
    pub must: f64,
    pub aim: f64,
}

/// Rows, as lines of JSON.
#[derive(Default)]
pub struct Rows(Vec<Value>);

impl Rows {
    pub fn about(&mut self, group: &str, about: &str) {
        self.0.push(json!({ "group": group, "about": about }));
    }

    pub fn row(&mut self, group: &str, row: &str, unit: &str, value: f64, asked: Option<Asked>) {
        let mut line = json!({ "group": group, "row": row, "unit": unit, "value": value });
        if let Some(Asked { must, aim }) = asked {
            line["must"] = must.into();
            line["aim"] = aim.into();
        }
        self.0.push(line);
    }

    /// What there is to say of the last row.
    pub fn note(&mut self, note: &str) {
        if let Some(row) = self.0.last_mut() {
            row["note"] = note.into();
        }
    }

    pub fn text(&self) -> String {
        self.0.iter().map(|line| format!("{line}\n")).collect()
    }
}
