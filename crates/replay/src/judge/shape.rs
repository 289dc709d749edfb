//! What every API refuses of a value: its range, its length, its name, a field too many.

use interlingua_wire::Extra;

use super::refusal::Refusal;

/// Refuses fields that the API does not have; `at` is the path of the object, with a dot after it, or nothing.
pub(super) fn no_extra(extra: &Extra, at: &str) -> Result<(), Refusal> {
    extra.keys().next().map_or(Ok(()), |key| Err(Refusal::unknown(&format!("{at}{key}"))))
}

/// Refuses a number outside its range.
pub(super) fn range(value: Option<f64>, param: &str, least: f64, most: f64) -> Result<(), Refusal> {
    let Some(value) = value else { return Ok(()) };
    if value < least {
        let message = format!(
            "Invalid '{param}': decimal below minimum value. Expected a value >= {least}, but got {value} instead."
        );
        return Err(Refusal::invalid("decimal_below_min_value", param, message));
    }
    if value > most {
        let message = format!(
            "Invalid '{param}': decimal above maximum value. Expected a value <= {most}, but got {value} instead."
        );
        return Err(Refusal::invalid("decimal_above_max_value", param, message));
    }
    Ok(())
}

/// Refuses a string that is missing, empty or too long.
pub(super) fn sized<'a>(value: Option<&'a str>, param: &str, most: usize) -> Result<&'a str, Refusal> {
    let value = value.ok_or_else(|| Refusal::missing(param))?;
    if value.is_empty() {
        let message = format!(
            "Invalid '{param}': empty string. Expected a string with minimum length 1, but got an empty string instead."
        );
        return Err(Refusal::invalid("empty_string", param, message));
    }
    let length = value.chars().count();
    if length > most {
        let message = format!(
            "Invalid '{param}': string too long. Expected a string with maximum length {most}, but got a string with \
             length {length} instead."
        );
        return Err(Refusal::invalid("string_above_max_length", param, message));
    }
    Ok(value)
}

/// Refuses a name that is not one: letters, digits, underscores and dashes.
pub(super) fn named<'a>(name: Option<&'a str>, param: &str, most: usize) -> Result<&'a str, Refusal> {
    let name = sized(name, param, most)?;
    if name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')) {
        return Ok(name);
    }
    let message = format!(
        "Invalid '{param}': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'."
    );
    Err(Refusal::invalid("invalid_value", param, message))
}

/// Refuses a choice of a tool that is not there.
pub(super) fn chosen(name: Option<&str>, tools: &[&str], kind: &str) -> Result<(), Refusal> {
    if name.is_some_and(|name| tools.contains(&name)) {
        return Ok(());
    }
    let message = match name {
        Some(name) => format!("Tool choice '{name}' not found in 'tools' parameter."),
        None => format!("Missing required parameter: 'tool_choice.{kind}name'."),
    };
    Err(Refusal::invalid(None, "tool_choice", message))
}

/// Refuses JSON of any kind where nobody has said the word.
pub(super) fn says_json(has_said: bool, param: &str, format: &str) -> Result<(), Refusal> {
    if has_said {
        return Ok(());
    }
    let message =
        format!("'{param}' must contain the word 'json' in some form, to use '{format}' of type 'json_object'.");
    Err(Refusal::invalid(None, param, message))
}
