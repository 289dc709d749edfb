//! Whether and how to think, as an effort, a budget, and what is shown.

use interlingua_model::{Display, Origin, Sourced, Weight};
use interlingua_wire::{Integer, messages as wire};

use super::reading::Reading;
use crate::LossCode;
use crate::efforts::of_budget;

impl Reading {
    /// Reads the wish to think; `asked` is the effort that the request as a whole asks for.
    pub(super) fn thinking(&mut self, thinking: Option<wire::ThinkingConfig>, asked: Option<String>) {
        let asked = asked.map(|effort| Sourced::at("output_config.effort", effort));
        // What a message of the system says is newer than what the request began with.
        let newest = self.memory.effort.take().map(|(value, origin)| Sourced { value, origin });
        let said = newest.or(asked);
        let (display, effort) = match thinking {
            None => (None, said),
            Some(wire::ThinkingConfig::Disabled(wire::DisabledThinking { extra })) => {
                self.unknown("thinking", &extra);
                (None, Some(Sourced::at("thinking", "none".to_owned())))
            }
            Some(wire::ThinkingConfig::Enabled(enabled)) => {
                let wire::EnabledThinking { budget_tokens, display, block_binding, extra } = enabled;
                self.unknown("thinking", &extra);
                self.carry("thinking.block_binding", Weight::Hint, block_binding.as_ref());
                let budget = budget_tokens.map(|Integer(budget)| budget);
                self.request.reasoning.budget = budget.map(|budget| Sourced::at("thinking.budget_tokens", budget));
                let effort = budget.map(|budget| Sourced::at("thinking.budget_tokens", of_budget(budget).to_owned()));
                (Some(display), said.or(effort))
            }
            Some(wire::ThinkingConfig::Adaptive(adaptive)) => (Some(self.adaptive(adaptive)), said),
            Some(wire::ThinkingConfig::BetweenTools(adaptive)) => {
                self.lose("thinking", LossCode::DroppedHint, "when the model thinks is its own choice elsewhere");
                (Some(self.adaptive(adaptive)), said)
            }
            Some(wire::ThinkingConfig::Unknown(unknown)) => {
                let detail = format!("`{}` is no way to think that is known here; read as adaptive", unknown.kind);
                self.lose("thinking.type", LossCode::UnknownValue, detail);
                (Some(None), said)
            }
        };
        self.request.reasoning.effort = effort;
        let shown = match display {
            None => Display::Nothing,
            Some(display) if display.as_deref() == Some("omitted") => Display::Sealed,
            Some(_) => Display::Text,
        };
        let origin = if shown == Display::Nothing { Origin::default() } else { Origin::of("thinking") };
        self.request.reasoning.display = Some(Sourced { value: shown, origin });
        if shown == Display::Text {
            self.request.reasoning.summary = Some(Sourced::at("thinking", "auto".to_owned()));
        }
    }

    fn adaptive(&mut self, adaptive: wire::AdaptiveThinking) -> Option<String> {
        let wire::AdaptiveThinking { display, block_binding, extra } = adaptive;
        self.unknown("thinking", &extra);
        self.carry("thinking.block_binding", Weight::Hint, block_binding.as_ref());
        display
    }
}
