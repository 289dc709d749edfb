//! What a server's list says of one of its models.

use interlingua_wire::messages as wire;
use serde::Deserialize;

use super::upstream::{Field, Upstream};

/// `capabilities` of an entry, as far as requests are written by it.
#[derive(Default, Deserialize)]
struct Capabilities {
    thinking: Option<Thinking>,
    effort: Option<Effort>,
    structured_outputs: Option<Supported>,
}

#[derive(Deserialize)]
struct Thinking {
    supported: Option<bool>,
    #[serde(default)]
    types: Types,
}

/// In the order in which they are preferred.
#[derive(Default, Deserialize)]
struct Types {
    adaptive: Option<Supported>,
    enabled: Option<Supported>,
    disabled: Option<Supported>,
}

#[derive(Deserialize)]
struct Effort {
    supported: Option<bool>,
    low: Option<Supported>,
    medium: Option<Supported>,
    high: Option<Supported>,
    xhigh: Option<Supported>,
    max: Option<Supported>,
}

#[derive(Deserialize)]
struct Supported {
    supported: bool,
}

impl Upstream {
    /// The ways of one model, as the server's list tells them: how much it writes, how it thinks, what it takes. What the list
    /// does not say is as it is here.
    ///
    /// ```
    /// use interlingua_translate::{MessagesUpstream, wire::messages::Model};
    ///
    /// let model: Model = serde_json::from_str(r#"{"id":"m","max_tokens":64000}"#)?;
    /// assert_eq!(MessagesUpstream::default().with_model(&model).max_tokens, Some(64_000));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[must_use]
    pub fn with_model(&self, model: &wire::Model) -> Self {
        let mut ways = self.clone();
        ways.max_tokens = model.max_tokens.map(|tokens| tokens.0).filter(|tokens| *tokens > 0).or(ways.max_tokens);
        // A server of the field may say something else here.
        let told = model.capabilities.as_ref().and_then(|capabilities| capabilities.parse().ok());
        let Capabilities { thinking, effort, structured_outputs } = told.unwrap_or_default();
        if let Some(Thinking { supported, types: Types { adaptive, enabled, disabled } }) = thinking {
            let known = named([("adaptive", adaptive), ("enabled", enabled), ("disabled", disabled)]);
            if !known.is_empty() {
                ways.thinking = known;
            }
            ways.takes(Field::Thinking, supported);
        }
        if let Some(Effort { supported, low, medium, high, xhigh, max }) = effort {
            let known = named([("low", low), ("medium", medium), ("high", high), ("xhigh", xhigh), ("max", max)]);
            if !known.is_empty() {
                ways.efforts = known;
            }
            ways.takes(Field::Effort, supported);
        }
        ways.takes(Field::Format, structured_outputs.map(|outputs| outputs.supported));
        ways
    }

    fn takes(&mut self, field: Field, is_supported: Option<bool>) {
        if is_supported == Some(false) && !self.refuses(field) {
            self.refused.push(field);
        }
    }
}

/// The names of those that are supported.
fn named<const N: usize>(all: [(&str, Option<Supported>); N]) -> Vec<String> {
    let supported = all.into_iter().filter(|(_, told)| told.as_ref().is_some_and(|told| told.supported));
    supported.map(|(name, _)| name.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ways(model: &str) -> Upstream {
        Upstream::default().with_model(&serde_json::from_str(model).unwrap())
    }

    #[test]
    fn a_models_ways_are_those_that_its_entry_names() {
        let older = ways(
            r#"{"id":"m","max_tokens":64000,"capabilities":{
                "thinking":{"supported":true,"types":{"adaptive":{"supported":false},"enabled":{"supported":true},
                    "disabled":{"supported":true},"between_tools":{"supported":false}}},
                "effort":{"supported":false,"low":{"supported":false},"medium":{"supported":false},"high":{"supported":false},
                    "max":{"supported":false}},
                "structured_outputs":{"supported":false},"batch":{"supported":true}}}"#,
        );
        assert_eq!((older.max_tokens, older.thinking.join(" ")), (Some(64_000), "enabled disabled".to_owned()));
        assert!(older.efforts.is_empty() && older.refuses(Field::Effort) && older.refuses(Field::Format));
        assert!(!older.refuses(Field::Thinking));
        let newer = ways(
            r#"{"id":"m","capabilities":{"thinking":{"supported":true,"types":{"adaptive":{"supported":true}}},
                "effort":{"supported":true,"low":{"supported":true},"high":{"supported":true},"max":{"supported":true}}}}"#,
        );
        assert_eq!((newer.thinking.join(" "), newer.efforts.join(" ")), ("adaptive".into(), "low high max".into()));
        assert_eq!(newer.refused, Upstream::default().refused);
    }

    #[test]
    fn what_an_entry_does_not_say_stays() {
        for bare in [r#"{"id":"m"}"#, r#"{"id":"m","capabilities":["chat"],"max_tokens":0}"#, r#"{"capabilities":{}}"#]
        {
            assert_eq!(ways(bare), Upstream::default(), "{bare}");
        }
    }
}
