//! How much a model reads.

use interlingua_wire::chat::Model;
use serde::Deserialize;

/// How many tokens a model reads, by the names that servers of the field have for it: vLLM and SGLang, OpenRouter and many
/// others, Mistral, llama.cpp, Anthropic.
pub(super) fn context_window(model: &Model) -> Option<u64> {
    #[derive(Deserialize)]
    struct Meta {
        n_ctx: Option<u64>,
        n_ctx_train: Option<u64>,
    }
    let number = |name: &str| model.extra.get(name)?.parse::<u64>().ok();
    let told = ["max_model_len", "context_length", "max_context_length", "n_ctx", "max_input_tokens"];
    let told = told.into_iter().find_map(number);
    let within = || {
        let Meta { n_ctx, n_ctx_train } = model.extra.get("meta")?.parse().ok()?;
        n_ctx.or(n_ctx_train)
    };
    told.or_else(within).filter(|window| *window > 0)
}
