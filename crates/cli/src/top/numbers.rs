//! The page of numbers, read, and what changed from one reading to the next.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// One line of the page: a number, and what it is of.
#[derive(Debug, Clone, PartialEq)]
struct Sample {
    name: String,
    labels: BTreeMap<String, String>,
    value: f64,
}

/// All numbers at one time.
#[derive(Debug, Clone)]
pub(super) struct Numbers {
    pub(super) taken: Instant,
    samples: Vec<Sample>,
}

impl Numbers {
    /// Reads a page as Prometheus has it. What is no sample is passed over.
    pub(super) fn read(page: &str, taken: Instant) -> Self {
        Self { taken, samples: page.lines().filter_map(sample).collect() }
    }

    /// The sum of all samples of this name that have these labels.
    pub(super) fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        // The sum of nothing is a negative zero.
        self.of(name, labels).map(|sample| sample.value).sum::<f64>() + 0.0
    }

    /// The values that a label has among the samples of this name, each once, in order.
    pub(super) fn values(&self, name: &str, label: &str) -> Vec<String> {
        let mut values: Vec<_> = self.of(name, &[]).filter_map(|sample| sample.labels.get(label)).cloned().collect();
        values.sort();
        values.dedup();
        values
    }

    fn of<'n>(&'n self, name: &'n str, labels: &'n [(&str, &str)]) -> impl Iterator<Item = &'n Sample> {
        self.samples.iter().filter(move |sample| {
            sample.name == name
                && labels.iter().all(|(label, value)| sample.labels.get(*label).is_some_and(|own| own == value))
        })
    }
}

/// Two readings of the same gateway.
#[derive(Debug)]
pub(super) struct Change<'n> {
    pub(super) before: Option<&'n Numbers>,
    pub(super) now: &'n Numbers,
}

impl Change<'_> {
    /// How much a number grew in a second. A gateway that was started anew counts from nothing.
    pub(super) fn rate(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let Some(before) = self.before else { return 0.0 };
        let passed = self.now.taken.saturating_duration_since(before.taken).max(Duration::from_millis(1));
        (self.now.sum(name, labels) - before.sum(name, labels)).max(0.0) / passed.as_secs_f64()
    }

    /// What a histogram's values were on the average since the reading before, or ever.
    pub(super) fn average(&self, name: &str, labels: &[(&str, &str)]) -> Option<Duration> {
        let (sum, count) = (format!("{name}_sum"), format!("{name}_count"));
        let of = |numbers: &Numbers| (numbers.sum(&sum, labels), numbers.sum(&count, labels));
        let (now, before) = (of(self.now), self.before.map(of).unwrap_or_default());
        let (total, times) = if now.1 > before.1 { (now.0 - before.0, now.1 - before.1) } else { now };
        (times > 0.0).then(|| Duration::try_from_secs_f64(total / times).ok()).flatten()
    }
}

/// `name{label="value",..} 7`; in values `\\`, `\"` and `\n` are escapes.
fn sample(line: &str) -> Option<Sample> {
    if line.starts_with('#') {
        return None;
    }
    let (head, value) = line.rsplit_once(' ')?;
    let value = value.parse().ok()?;
    let Some((name, rest)) = head.split_once('{') else {
        return Some(Sample { name: head.to_owned(), labels: BTreeMap::new(), value });
    };
    let mut rest = rest.strip_suffix('}')?;
    let mut labels = BTreeMap::new();
    while !rest.is_empty() {
        let (label, quoted) = rest.split_once("=\"")?;
        let mut text = String::new();
        let mut chars = quoted.char_indices();
        let end = loop {
            match chars.next()? {
                (at, '"') => break at,
                (_, '\\') => match chars.next()?.1 {
                    'n' => text.push('\n'),
                    escaped => text.push(escaped),
                },
                (_, plain) => text.push(plain),
            }
        };
        labels.insert(label.to_owned(), text);
        rest = quoted.get(end + 1..)?.trim_start_matches(',');
    }
    Some(Sample { name: name.to_owned(), labels, value })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# HELP interlingua_tokens_total Tokens.\n\
                        interlingua_tokens_total{model=\"a\",kind=\"input\"} 10\n\
                        interlingua_tokens_total{model=\"b \\\"x\\\\\",kind=\"input\"} 5\n\
                        interlingua_open_requests 3\n\
                        broken{ 4\n";

    #[test]
    fn a_page_is_read_and_summed_by_labels() {
        let numbers = Numbers::read(PAGE, Instant::now());
        assert_eq!(numbers.samples.len(), 3);
        assert!((numbers.sum("interlingua_tokens_total", &[("kind", "input")]) - 15.0).abs() < 1e-9);
        assert!((numbers.sum("interlingua_tokens_total", &[("model", "b \"x\\")]) - 5.0).abs() < 1e-9);
        assert_eq!(numbers.values("interlingua_tokens_total", "model"), ["a", "b \"x\\"]);
        assert!((numbers.sum("interlingua_open_requests", &[]) - 3.0).abs() < 1e-9);
    }

    #[test]
    fn a_rate_is_what_came_in_a_second_and_never_below_nothing() {
        let begin = Instant::now();
        let at = |page: &str, seconds| Numbers::read(page, begin + Duration::from_secs(seconds));
        let (before, now) = (at("n 10\nt_sum 4\nt_count 2", 0), at("n 30\nt_sum 10\nt_count 4", 4));
        let change = Change { before: Some(&before), now: &now };
        assert!((change.rate("n", &[]) - 5.0).abs() < 1e-9);
        assert_eq!(change.average("t", &[]), Some(Duration::from_secs(3)));
        let anew = Change { before: Some(&now), now: &before };
        assert!(anew.rate("n", &[]).abs() < 1e-9);
        let first = Change { before: None, now: &now };
        assert!(first.rate("n", &[]).abs() < 1e-9);
        assert_eq!(first.average("t", &[]), Some(Duration::from_millis(2500)));
    }
}
