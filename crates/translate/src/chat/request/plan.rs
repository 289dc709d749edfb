//! What of a request decides about the rest of it: whether the model thinks, and how an answer in JSON is asked for.

use interlingua_model::{OutputFormat, Request};

use crate::chat::upstream::{BesideTools, JsonForm, Thinks};
use crate::chat::{Choice, Upstream};

/// The effort that means not to think.
const NO_EFFORT: &str = "none";

/// Settled before anything is written.
pub(super) struct Plan {
    /// Whether the model will think.
    pub(super) thinks: bool,
    /// Whether it is told not to.
    pub(super) is_kept_from_thinking: bool,
    /// Whether that is because of the form of the answer, and not because the caller said so.
    pub(super) json_stops_thinking: bool,
    /// How the form of the answer is asked for.
    pub(super) form: JsonForm,
    /// Whether that is another way than the API's because there are tools.
    pub(super) is_beside_tools: bool,
    /// Whether the choice of a tool has to be left to the model.
    pub(super) auto_choice: bool,
}

impl Plan {
    pub(super) fn new(request: &Request, upstream: &Upstream) -> Self {
        let has_tools = !request.tools.is_empty();
        let form = request.output.format.as_ref().and_then(|format| match &format.value {
            OutputFormat::JsonObject => Some(upstream.json_object),
            OutputFormat::JsonSchema(_) => Some(upstream.json_schema),
            OutputFormat::Text | OutputFormat::Opaque(_) => None,
        });
        let is_beside_tools = form.is_some() && has_tools && matches!(upstream.json_beside_tools, BesideTools::Prompt);
        let auto_choice = form.is_some() && has_tools && matches!(upstream.json_beside_tools, BesideTools::Auto);
        let is_json = form.is_some();
        let form = if is_beside_tools { JsonForm::Prompt } else { form.unwrap_or(JsonForm::Native) };
        let effort = request.reasoning.effort.as_ref().map(|effort| effort.value.as_str());
        let would_think = match (upstream.thinks, effort) {
            (Thinks::Always, _) => true,
            (Thinks::ByDefault | Thinks::WhenAsked, Some(effort)) => effort != NO_EFFORT,
            (Thinks::ByDefault, None) => true,
            (Thinks::WhenAsked, None) => false,
        };
        let json_stops_thinking =
            is_json && form != JsonForm::Prompt && upstream.json_stops_thinking && effort != Some(NO_EFFORT);
        Self {
            thinks: would_think && !json_stops_thinking,
            is_kept_from_thinking: json_stops_thinking || (effort == Some(NO_EFFORT) && upstream.effort_none.is_some()),
            json_stops_thinking,
            form,
            is_beside_tools,
            auto_choice,
        }
    }

    /// Whether the upstream takes a way to choose a tool.
    pub(super) fn takes(&self, upstream: &Upstream, choice: Choice) -> bool {
        let takes = |choices: &[Choice]| choices.contains(&choice);
        takes(&upstream.choices) && (!self.thinks || takes(&upstream.choices_while_thinking))
    }
}
