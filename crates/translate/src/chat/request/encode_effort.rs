//! Whether and how hard to think, in the upstream's own spelling.

use interlingua_model::{Reasoning, Sourced};
use interlingua_wire::chat as wire;
use serde_json::Value;

use super::writing::Writing;
use crate::chat::Field;
use crate::patch::put;
use crate::{Error, LossCode, RequestCode, efforts};

impl Writing<'_> {
    pub(super) fn reasoning(&mut self, reasoning: Reasoning, wire: &mut wire::Request) -> Result<(), Error> {
        let Reasoning { effort, budget, display: _, summary, context, mode } = reasoning;
        if self.memory.plan.is_kept_from_thinking {
            self.keep_from_thinking(effort);
        } else {
            self.effort(effort, wire);
            // Elsewhere the effort says what the budget says.
            if let Some(Sourced { value, origin: _ }) = budget.filter(|_| !self.upstream.budget_field.is_empty()) {
                put(&mut self.memory.body, &self.upstream.budget_field, Value::from(value));
            }
        }
        self.drop(summary.as_ref(), LossCode::DroppedHint);
        self.drop(context.as_ref(), LossCode::DroppedHint);
        match mode.filter(|mode| mode.value != "standard") {
            None => Ok(()),
            Some(Sourced { value, origin }) => {
                let message = format!("the Chat Completions API cannot think in the mode `{value}`");
                Err(Error::request(origin.path(), RequestCode::UnsupportedValue, message))
            }
        }
    }

    fn keep_from_thinking(&mut self, effort: Option<Sourced<String>>) {
        if let Some(patch) = &self.upstream.effort_none {
            patch.over(&mut self.memory.body);
        }
        if let Some(Sourced { value: _, origin }) = effort.filter(|_| self.memory.plan.json_stops_thinking) {
            let detail = "this upstream answers in JSON only where the model does not think";
            self.lose(origin.path(), LossCode::ChangedValue, detail);
        }
    }

    fn effort(&mut self, effort: Option<Sourced<String>>, wire: &mut wire::Request) {
        let Some(Sourced { value, origin }) = effort else { return };
        let upstream = self.upstream;
        let named = upstream.effort_names.iter().find(|(name, _)| *name == value).map(|(_, named)| named);
        let taken = named.unwrap_or(&value);
        let taken = efforts::nearest(&upstream.efforts, taken).unwrap_or(taken).clone();
        if let Some(patch) = &upstream.effort_any {
            patch.over(&mut self.memory.body);
            if upstream.effort_field.is_empty() {
                let detail = "the model thinks or does not; this upstream does not say how hard";
                return self.lose(origin.path(), LossCode::ChangedValue, detail);
            }
        }
        if upstream.effort_field.is_empty() {
            let detail = "this upstream does not say how hard the model thinks";
            return self.lose(origin.path(), LossCode::RefusedByUpstream, detail);
        }
        if taken != value {
            let detail = format!("this upstream does not take `{value}`; asked for `{taken}` instead");
            self.lose(origin.path(), LossCode::ChangedValue, detail);
        }
        let effort = Some(Sourced { value: taken, origin });
        let Some(effort) = self.keep(Field::ReasoningEffort, effort) else { return };
        if upstream.effort_field == Field::ReasoningEffort.as_str() {
            wire.reasoning_effort = Some(wire::Effort::Word(effort));
        } else {
            put(&mut self.memory.body, &upstream.effort_field, Value::String(effort));
        }
    }
}
