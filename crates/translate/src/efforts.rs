//! How hard to think, in words that a model takes.

/// How hard each known effort is.
fn rank(effort: &str) -> Option<usize> {
    ["none", "minimal", "low", "medium", "high", "xhigh", "max"].iter().position(|known| *known == effort)
}

/// The effort that so many tokens to think with amount to.
pub(crate) fn of_budget(budget: i64) -> &'static str {
    /// Budgets below these are a low and a medium effort.
    const MEDIUM_FROM: i64 = 4096;
    const HIGH_FROM: i64 = 16384;
    match budget {
        ..MEDIUM_FROM => "low",
        MEDIUM_FROM..HIGH_FROM => "medium",
        HIGH_FROM.. => "high",
    }
}

/// The nearest of the efforts that a model takes, where it does not take this one and any is near.
pub(crate) fn nearest<'k>(known: &'k [String], effort: &str) -> Option<&'k String> {
    if known.is_empty() || known.iter().any(|known| known == effort) {
        return None;
    }
    let wanted = rank(effort)?;
    known.iter().filter_map(|known| Some((rank(known)?.abs_diff(wanted), known))).min().map(|(_, nearest)| nearest)
}
