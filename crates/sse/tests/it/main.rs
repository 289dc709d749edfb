//! The parser against the standard, other parsers and cuts in any place.
#![cfg(test)]

mod behaviour;
mod properties;
mod standard;
