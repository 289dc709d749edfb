//! The translator in process, beside the program it replaces, its peers and its bounds: times as ratios, allocations, heap.
//!
//! `inprocess ROWS ROUNDS` writes one JSON object a line to `ROWS`; `cargo xtask bench` runs it and makes a page of them.
//! With the feature `counted` the rows are those of the heap, without it those of times: counting it takes time.
//! All cases of a group run in turns, and a ratio is the median of the ratios of each turn: who shares the machine slows
//! down both of its sides.

mod framing;
mod heap;
mod original;
mod reference;
mod requests;
mod streams;
mod turns;

use std::{env, error, fs};

fn main() -> Result<(), Box<dyn error::Error>> {
    let mut arguments = env::args().skip(1);
    let (Some(path), Some(rounds)) = (arguments.next(), arguments.next()) else {
        return Err("usage: inprocess ROWS ROUNDS".into());
    };
    let rounds: u32 = rounds.parse()?;
    let mut rows = turns::Rows::default();
    streams::to_chat(&mut rows, rounds);
    streams::to_responses(&mut rows, rounds);
    framing::alone(&mut rows, rounds);
    requests::long(&mut rows, rounds);
    requests::image(&mut rows, rounds);
    fs::write(path, rows.text())?;
    Ok(())
}
