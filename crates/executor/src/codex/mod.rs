//! What the Codex backend tells beside its answers: its models' ways, its limits, how much of a plan is used.

pub(crate) mod catalogue;
pub(crate) mod limits;
mod usage;
pub(crate) mod usage_limit;
