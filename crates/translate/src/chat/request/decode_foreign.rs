//! Fields of other APIs that clients send to a Chat server all the same, for the models behind it.

use interlingua_model::Sourced;
use interlingua_wire::{Integer, Json};
use serde::Deserialize;

use super::reading::Reading;
use crate::LossCode;
use crate::efforts::of_budget;

impl Reading {
    /// The wish to think in the words of Claude's servers, which others that speak this API have too.
    pub(super) fn thinking(&mut self, thinking: Option<Json>) {
        #[derive(Deserialize)]
        struct Thinking {
            r#type: Option<String>,
            budget_tokens: Option<Integer>,
        }
        let Some(thinking) = thinking.filter(|thinking| !thinking.is_null()) else { return };
        let Ok(Thinking { r#type: kind, budget_tokens }) = thinking.parse() else {
            return self.lose("thinking", LossCode::UnknownField, "this is no object that says whether to think");
        };
        self.accept("thinking", "an object that the Chat Completions API does not know; read all the same");
        let reasoning = &mut self.request.reasoning;
        if let Some(Integer(budget)) = budget_tokens {
            let place = "thinking.budget_tokens";
            reasoning.budget = Some(Sourced::at(place, budget));
            reasoning.effort.get_or_insert_with(|| Sourced::at(place, of_budget(budget).to_owned()));
        }
        match kind.as_deref() {
            Some("disabled") => reasoning.effort = Some(Sourced::at("thinking", "none".to_owned())),
            Some("enabled" | "adaptive") => {
                reasoning.summary.get_or_insert_with(|| Sourced::at("thinking", "auto".to_owned()));
            }
            Some(_) | None => {}
        }
    }

    /// From how many tokens to draw, which other APIs and servers know.
    pub(super) fn top_k(&mut self, top_k: Option<Json>) {
        let Some(top_k) = top_k.filter(|top_k| !top_k.is_null()) else { return };
        match top_k.parse() {
            Ok(Integer(number)) => {
                self.accept("top_k", "the Chat Completions API has no such field; read all the same");
                self.request.sampling.top_k = Some(Sourced::at("top_k", number));
            }
            Err(_) => self.lose("top_k", LossCode::UnknownField, "this is no number"),
        }
    }
}
