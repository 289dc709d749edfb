//! Measuring in turns, and the rows that come of it.

use std::hint::black_box;
use std::time::Instant;

use serde_json::{Value, json};

use crate::heap::{Heap, held_by};

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

/// What passes took, or what one of them took of the heap.
pub struct Measured {
    pub name: String,
    /// Seconds of each round.
    times: Vec<f64>,
    heap: Heap,
}

impl Measured {
    /// How many times as long it took as another.
    pub fn times_longer(&self, other: &Self) -> f64 {
        let mut ratios: Vec<f64> = self.times.iter().zip(&other.times).map(|(this, other)| this / other).collect();
        ratios.sort_by(f64::total_cmp);
        ratios.get(ratios.len() / 2).copied().unwrap_or(f64::NAN)
    }

    /// Allocations of one pass.
    pub fn allocations(&self) -> f64 {
        self.heap.allocations
    }

    /// The most bytes of heap that one pass held at once.
    pub fn heap(&self) -> f64 {
        self.heap.bytes
    }
}

/// Runs the cases in turns, each often enough in a turn to be seen. Where the heap is counted each runs once, and no time is taken.
pub fn measure(mut cases: Vec<Case<'_>>, rounds: u32) -> Vec<Measured> {
    const TURN: f64 = 0.015;
    let rounds = if cfg!(feature = "counted") { 0 } else { rounds };
    let mut measured: Vec<(Measured, u32)> = cases
        .iter_mut()
        .map(|case| {
            black_box((case.pass)());
            let heap = held_by(&mut case.pass);
            let begun = Instant::now();
            black_box((case.pass)());
            let passes = (TURN / begun.elapsed().as_secs_f64()).ceil().clamp(1.0, 1e6) as u32;
            (Measured { name: case.name.clone(), times: Vec::new(), heap }, passes)
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

/// Rows, as lines of JSON; with each whether it is of the heap, and not of times.
#[derive(Default)]
pub struct Rows(Vec<(bool, Value)>);

impl Rows {
    pub fn about(&mut self, group: &str, about: &str) {
        self.0.push((false, json!({ "group": group, "about": about })));
    }

    /// A ratio of times.
    pub fn time(&mut self, group: &str, row: &str, unit: &str, value: f64, asked: Option<Asked>) {
        self.0.push((false, line(group, row, unit, value, asked)));
    }

    /// What is counted on the heap.
    pub fn count(&mut self, group: &str, row: &str, unit: &str, value: f64, asked: Option<Asked>) {
        self.0.push((true, line(group, row, unit, value, asked)));
    }

    /// What there is to say of the last row.
    pub fn note(&mut self, note: &str) {
        if let Some((_, row)) = self.0.last_mut() {
            row["note"] = note.into();
        }
    }

    /// The rows that this build is for.
    pub fn text(&self) -> String {
        let rows = self.0.iter().filter(|(is_counted, _)| *is_counted == cfg!(feature = "counted"));
        rows.map(|(_, line)| format!("{line}\n")).collect()
    }
}

fn line(group: &str, row: &str, unit: &str, value: f64, asked: Option<Asked>) -> Value {
    let mut line = json!({ "group": group, "row": row, "unit": unit, "value": value });
    if let Some(Asked { must, aim }) = asked {
        line["must"] = must.into();
        line["aim"] = aim.into();
    }
    line
}
