//! How long, in words.

use std::time::Duration;

/// A span, roughly.
pub(super) fn span(span: Duration) -> String {
    let minutes = span.as_secs() / 60;
    match (minutes / (24 * 60), minutes / 60) {
        (0, 0) => format!("{minutes} min"),
        (0, hours) => format!("{hours} h"),
        (1, _) => "1 day".to_owned(),
        (days, _) => format!("{days} days"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_told_in_the_unit_that_fits() {
        let minutes = |minutes: u64| span(Duration::from_secs(minutes * 60));
        assert_eq!(
            [minutes(0), minutes(59), minutes(60), minutes(47 * 60), minutes(49 * 60)],
            ["0 min", "59 min", "1 h", "1 day", "2 days"]
        );
    }
}
