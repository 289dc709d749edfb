//! What servers tell of their work rather than of the answer.

/// Such fields by name, wherever they stand: times, prices, filters that let the answer pass, names of machines. What else no
/// reference knows may mean anything.
const NAMES: &[&str] = &[
    "base_resp",
    "billing",
    "content_filter_results",
    "content_filters",
    "copilot_usage",
    "cost",
    "executed_by",
    "input_sensitive",
    "kv_transfer_params",
    "latency",
    "metrics",
    "native_finish_reason",
    "nvext",
    "output_sensitive",
    "padding",
    "prompt_cache_diagnostics",
    "prompt_filter_results",
    "provider",
    "request_id",
    "time_info",
    "timings",
    "tool_usage",
    "total_tokens",
    "usage_breakdown",
    "venice_parameters",
    "x_groq",
];

/// Whether a field of a reply tells of the upstream's work.
pub(crate) fn is_telemetry(name: &str) -> bool {
    NAMES.binary_search(&name).is_ok()
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_names_are_in_order() {
        assert!(super::NAMES.is_sorted());
        assert!(super::is_telemetry("timings") && !super::is_telemetry("content"));
    }
}
