//! Efforts in names of models.

/// A model's name and the effort that stood behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Named<'n> {
    pub(super) model: &'n str,
    pub(super) effort: Option<&'static str>,
}

/// The efforts that any API knows, as they stand in a name.
const EFFORTS: [&str; 7] = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];

impl<'n> Named<'n> {
    /// Takes `-high` or `(high)` off the end of a name.
    pub(super) fn of(name: &'n str) -> Self {
        let split = |(model, word): (&'n str, &str)| {
            let effort = EFFORTS.into_iter().find(|effort| *effort == word)?;
            (!model.is_empty()).then_some(Self { model, effort: Some(effort) })
        };
        let in_brackets = || name.strip_suffix(')')?.rsplit_once('(').and_then(split);
        let behind_dash = || name.rsplit_once('-').and_then(split);
        in_brackets().or_else(behind_dash).unwrap_or(Self { model: name, effort: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_effort_behind_a_name_is_one() {
        for (name, model, effort) in [
            ("gpt-5.5-high", "gpt-5.5", Some("high")),
            ("gpt-5.5(none)", "gpt-5.5", Some("none")),
            ("o3-mini", "o3-mini", None),
            ("gpt-5.5-(high)", "gpt-5.5-", Some("high")),
            ("high", "high", None),
            ("-high", "-high", None),
            ("gpt-5.5(fast)", "gpt-5.5(fast)", None),
        ] {
            assert_eq!(Named::of(name), Named { model, effort }, "{name}");
        }
    }
}
