//! The log: what is written, and how.

use std::io;

use interlingua_translate::SettingValue;
use serde::Deserialize;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{Layer as _, fmt};

use crate::terminal::Paint;

/// How lines are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line, for programs.
    Json,
}

impl SettingValue for LogFormat {
    const KIND: &'static str = "`text` or `json`";
}

/// Begins to write to stderr what RUST_LOG says, or else what is `info` and worse.
pub(super) fn begin(format: LogFormat) {
    let filter = filter(std::env::var("RUST_LOG").ok());
    let layer = fmt::layer().with_writer(io::stderr).with_target(false);
    let lines = match format {
        LogFormat::Text => layer.with_ansi(Paint::on(&io::stderr()).is_on()).boxed(),
        LogFormat::Json => layer.json().flatten_event(true).with_current_span(true).with_span_list(false).boxed(),
    };
    tracing_subscriber::registry().with(lines.with_filter(filter)).init();
}

/// What is logged: `info`, or what RUST_LOG says, such as `warn` or `info,interlingua_gateway=debug`.
fn filter(directives: Option<String>) -> Targets {
    let directives = directives.filter(|directives| !directives.trim().is_empty());
    directives
        .and_then(|directives| directives.parse().ok())
        .unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_logged_is_info_unless_the_environment_says_otherwise() {
        for none in [None, Some(""), Some(" "), Some("a=b=c")] {
            assert_eq!(filter(none.map(str::to_owned)).default_level(), Some(LevelFilter::INFO), "{none:?}");
        }
        let filter = filter(Some("warn,interlingua_gateway=debug".to_owned()));
        assert_eq!(filter.default_level(), Some(LevelFilter::WARN));
        assert!(filter.would_enable("interlingua_gateway::access", &tracing::Level::DEBUG));
        assert!(!filter.would_enable("hyper", &tracing::Level::INFO));
    }
}
