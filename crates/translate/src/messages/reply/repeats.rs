//! Calls that a server tells twice under one id.
//!
//! One that says no more than the call before it is the same, and is not run twice. Any other gets an id of its own, since an
//! answer must name one of them.

/// Whether an input says no more than one that is known.
pub(in crate::messages) fn says_no_more(known: &str, input: &str) -> bool {
    let input = input.trim_ascii();
    input.is_empty() || input == "{}" || known.trim_ascii().starts_with(input)
}

/// An id for a call whose own another call had.
pub(in crate::messages) fn another_id(id: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let numbered = (1_u32..).map(|number| format!("{id}_{number}"));
    numbered.into_iter().find(|id| !is_taken(id)).unwrap_or_default()
}
