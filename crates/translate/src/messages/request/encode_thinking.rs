//! An effort as thinking.

use interlingua_model::{Display, Origin, Reasoning, Sourced};
use interlingua_wire::{Extra, Integer, messages as wire};

use super::encode_tools::Choice;
use super::writing::Writing;
use crate::messages::Field;
use crate::places::{At, What};
use crate::{Error, LossCode, RequestCode};

/// The least budget there is, and what must be left of the limit beside it.
const LEAST_BUDGET: i64 = 1024;

/// Efforts, weakest first, and the budget that stands for each with models that know no effort.
const EFFORTS: [(&str, i64); 5] =
    [("low", 2048), ("medium", 8192), ("high", 16_384), ("xhigh", 32_768), ("max", 32_768)];

/// What a request says that decides how it may think.
pub(super) struct Around<'c> {
    pub(super) choice: &'c mut Choice,
    pub(super) max_tokens: i64,
    /// Whether a turn of the model that is not over begins with a thought, or there is none such.
    pub(super) starts_with_thought: bool,
}

impl Writing<'_> {
    pub(super) fn thinking(
        &mut self,
        reasoning: Reasoning,
        wire: &mut wire::Request,
        around: &mut Around<'_>,
    ) -> Result<(), Error> {
        let Reasoning { effort, budget, display, summary, context, mode } = reasoning;
        self.drop(context.as_ref(), LossCode::DroppedHint);
        if let Some(Sourced { value, origin }) = mode.filter(|mode| mode.value != "standard") {
            let message = format!("the Messages API cannot think in the mode `{value}`");
            return Err(Error::request(origin.path(), RequestCode::UnsupportedValue, message));
        }
        let display = display.map(|display| display.value);
        let shows = summary.as_ref().is_some_and(|summary| summary.value != "none") || display == Some(Display::Text);
        let place = effort.as_ref().map(|effort| effort.origin).or_else(|| summary.as_ref().map(|it| it.origin));
        let place = place.unwrap_or_default();
        if effort.is_none() && summary.is_none() && display != Some(Display::Sealed) {
            return Ok(());
        }
        for field in ["thinking", "output_config.effort"] {
            self.places.add(At::Field(field), What::Setting, place);
        }
        // An effort that only stands for a budget is not said beside it.
        let is_budget =
            budget.is_some() && budget.as_ref().map(|budget| budget.origin) == effort.as_ref().map(|it| it.origin);
        let effort = effort.map(|effort| self.effort(effort));
        if effort.as_deref() == Some("none") {
            self.off(wire, place);
            return Ok(());
        }
        // Who has no place for thoughts says how hard to try, and nothing of thinking.
        if display != Some(Display::Nothing) {
            let display = if shows { "summarized" } else { "omitted" };
            let way = self.way(effort.as_deref(), budget.map(|budget| budget.value), display, around, place);
            let way = self.unforced(way, around.choice, place);
            wire.thinking = self.keep(Field::Thinking, Some(Sourced { value: way, origin: place }));
        }
        // To a model that knows budgets only, the budget says it.
        let is_said = is_budget && matches!(wire.thinking, Some(wire::ThinkingConfig::Enabled(_)));
        if let Some(effort) = effort.filter(|_| self.upstream.thinks("adaptive") && !is_said) {
            self.say(wire, effort, place);
        }
        Ok(())
    }

    fn say(&mut self, wire: &mut wire::Request, effort: String, place: Origin) {
        let effort = self.keep_as(Field::Effort, Some(Sourced { value: effort, origin: place }), LossCode::DroppedHint);
        if let Some(effort) = effort {
            wire.output_config.get_or_insert_default().effort = Some(effort);
        }
    }

    /// No thinking, or as little as there is.
    fn off(&mut self, wire: &mut wire::Request, place: Origin) {
        if self.upstream.thinks("disabled") {
            let off = Some(Sourced { value: disabled(), origin: place });
            wire.thinking = self.keep(Field::Thinking, off);
        } else {
            let detail = "this model always thinks; asked for as little as there is";
            self.lose(place.path(), LossCode::ChangedValue, detail);
            self.say(wire, "low".to_owned(), place);
        }
    }

    /// The effort in this API's words, or the nearest one of those that the model takes; `none` stays.
    fn effort(&mut self, effort: Sourced<String>) -> String {
        let Sourced { value, origin } = effort;
        let known = &self.upstream.efforts;
        let is_taken = |word: &str| known.is_empty() || known.iter().any(|known| known == word);
        if value == "none" {
            return value;
        }
        let wanted = if value == "minimal" { Some(0) } else { rank(&value) };
        let nearest = match wanted {
            _ if value != "minimal" && is_taken(&value) => return value,
            None => return value,
            Some(wanted) => {
                let words = EFFORTS.iter().map(|(word, _)| *word).filter(|word| is_taken(word));
                words.min_by_key(|word| rank(word).map_or(usize::MAX, |rank| rank.abs_diff(wanted)))
            }
        };
        let Some(nearest) = nearest else { return value };
        let detail = format!("this model does not take `{value}`; asked for `{nearest}` instead");
        self.lose(origin.path(), LossCode::ChangedValue, detail);
        nearest.to_owned()
    }

    /// The way to think that the model knows.
    fn way(
        &mut self,
        effort: Option<&str>,
        budget: Option<i64>,
        shown: &str,
        around: &Around<'_>,
        place: Origin,
    ) -> wire::ThinkingConfig {
        let knows_both = self.upstream.thinking.is_empty();
        let display = Some(shown.to_owned());
        if self.upstream.thinks("adaptive") && (budget.is_none() || !knows_both) {
            return wire::ThinkingConfig::Adaptive(wire::AdaptiveThinking {
                display,
                ..wire::AdaptiveThinking::default()
            });
        }
        let usual = EFFORTS.iter().find(|(word, _)| Some(*word) == effort).map_or(8192, |(_, budget)| *budget);
        let budget = budget.unwrap_or(usual).min(around.max_tokens.saturating_sub(LEAST_BUDGET));
        if budget < LEAST_BUDGET || !around.starts_with_thought {
            let detail = "there is no room to think, or the turn under way did not begin with a thought";
            self.lose(place.path(), LossCode::ChangedValue, detail);
            return disabled();
        }
        let budget_tokens = Some(Integer(budget));
        wire::ThinkingConfig::Enabled(wire::EnabledThinking {
            budget_tokens,
            display,
            ..wire::EnabledThinking::default()
        })
    }

    /// A model that has to call a tool cannot think before it.
    fn unforced(&mut self, way: wire::ThinkingConfig, choice: &mut Choice, place: Origin) -> wire::ThinkingConfig {
        let (is_forced, one_at_a_time) = match &choice.wire {
            Some(wire::ToolChoice::Any(any)) => (true, any.disable_parallel_tool_use),
            Some(wire::ToolChoice::Tool(tool)) => (true, tool.disable_parallel_tool_use),
            Some(wire::ToolChoice::Auto(_) | wire::ToolChoice::None(_) | wire::ToolChoice::Unknown(_)) | None => {
                (false, None)
            }
        };
        if !is_forced || matches!(way, wire::ThinkingConfig::Disabled(_)) {
            return way;
        }
        if self.upstream.thinks("disabled") {
            let detail = "a model that has to call a tool does not think before it";
            self.lose(place.path(), LossCode::ChangedValue, detail);
            return disabled();
        }
        let detail = "this model always thinks, and then calls a tool only if it sees fit";
        self.lose(choice.origin.path(), LossCode::ChangedValue, detail);
        let any = wire::AnyTool { disable_parallel_tool_use: one_at_a_time, extra: Extra::new() };
        choice.wire = Some(wire::ToolChoice::Auto(any));
        way
    }
}

fn disabled() -> wire::ThinkingConfig {
    wire::ThinkingConfig::Disabled(wire::DisabledThinking::default())
}

fn rank(effort: &str) -> Option<usize> {
    EFFORTS.iter().position(|(word, _)| *word == effort)
}
