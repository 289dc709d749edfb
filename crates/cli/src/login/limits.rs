//! How much of the plan is used, drawn as bars.

use std::time::{Duration, SystemTime};

use interlingua_executor::{RateLimits, Window};

use super::span::span;

/// One line for each window: `limit      5 h      ████░░░░░░░░░░░░░░░░  21 % used, resets in 2 h`.
pub(super) fn bars(limits: &RateLimits, now: SystemTime) -> String {
    limits.windows().iter().map(|window| line(window, now)).collect()
}

fn line(window: &Window, now: SystemTime) -> String {
    let Window { name, used_percent, length, resets_at } = window;
    let length = length.map_or_else(|| (*name).to_owned(), span);
    let reset = match resets_at.map(|at| at.duration_since(now)) {
        None => String::new(),
        Some(Ok(left)) => format!(", resets in {}", span(left.max(Duration::from_secs(60)))),
        Some(Err(_)) => ", reset since".to_owned(),
    };
    format!("limit      {length:<8} {}  {used_percent:.0} % used{reset}\n", bar(*used_percent))
}

fn bar(used_percent: f64) -> String {
    (0..CELLS).map(|cell| if f64::from(cell) * 100.0 < used_percent * f64::from(CELLS) { '█' } else { '░' }).collect()
}

const CELLS: u8 = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_full_as_its_window() {
        for (used, full) in [(-1.0, 0), (0.0, 0), (0.1, 1), (5.0, 1), (50.0, 10), (99.9, 20), (100.0, 20), (250.0, 20)]
        {
            let bar = bar(used);
            assert_eq!((bar.matches('█').count(), bar.chars().count()), (full, 20), "{used}");
        }
    }

    #[test]
    fn a_window_is_told_in_a_line() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let window = |resets_at, length| Window { name: "primary", used_percent: 20.6, length, resets_at };
        let hours = |hours: u64| Duration::from_secs(hours * 3600);
        assert_eq!(
            line(&window(Some(now + hours(2)), Some(hours(5))), now),
            "limit      5 h      █████░░░░░░░░░░░░░░░  21 % used, resets in 2 h\n"
        );
        assert_eq!(line(&window(None, None), now), "limit      primary  █████░░░░░░░░░░░░░░░  21 % used\n");
        assert!(line(&window(Some(now - hours(1)), None), now).ends_with("21 % used, reset since\n"));
    }
}
