//! The name of the model in a reply that is passed on.

use std::ops::Range;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Context;

/// As much of a reply as names its model, or of the event that a stream begins with.
#[derive(Deserialize)]
struct Head<'d> {
    #[serde(borrow)]
    model: Option<&'d RawValue>,
    #[serde(borrow)]
    message: Option<Message<'d>>,
}

#[derive(Deserialize)]
struct Message<'d> {
    #[serde(borrow)]
    model: Option<&'d RawValue>,
}

/// Where a reply calls its model by another name than the one that its client asked for, and that one.
pub(super) fn renamed(context: &Context, document: &str) -> Option<(Range<usize>, String)> {
    let name = serde_json::to_string(context.own_name()?).ok()?;
    let Head { model, message } = serde_json::from_str(document).ok()?;
    let said = model.or_else(|| message?.model)?.get();
    let from = (said.as_ptr() as usize).checked_sub(document.as_ptr() as usize)?;
    (said != name).then_some((from..from + said.len(), name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Stamp;

    #[test]
    fn the_name_is_found_where_the_api_has_it_and_nowhere_else() {
        let mut context = Context::unknown(Stamp { id: "1".into(), created: 0 });
        let start = r#"{"message": {"content":[{"model":"a"}], "model" : "b\u0062" },"type":"message_start"}"#;
        assert_eq!(renamed(&context, start), None, "nobody asked for another");
        context.name("c\"d");
        let (place, name) = renamed(&context, start).unwrap();
        assert_eq!((&start[place], &*name), (r#""b\u0062""#, r#""c\"d""#));
        let whole = r#"{"type":"message","model":""}"#;
        assert_eq!(renamed(&context, whole).map(|(place, _)| &whole[place]), Some(r#""""#));
        for other in
            [r#"{"type":"ping"}"#, r#"{"model":null}"#, r#"{"model":"c\"d"}"#, "[", r#"{"error":{"model":"a"}}"#]
        {
            assert_eq!(renamed(&context, other), None, "{other}");
        }
    }
}
