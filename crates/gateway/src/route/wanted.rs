//! The model that a request asks for, and another name in its place.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

/// The model in a body of any API: `model` at the top level.
#[derive(Debug)]
pub(crate) struct Wanted {
    model: String,
    /// Where the name stands in the body, quotes included.
    from: usize,
    to: usize,
}

impl Wanted {
    /// Looks for it. `None` where there is no such text; whoever reads the body says what is wrong.
    pub(crate) fn in_body(body: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Head<'b> {
            #[serde(borrow)]
            model: &'b RawValue,
        }
        let Head { model } = serde_json::from_slice(body).ok()?;
        let text = model.get();
        let from = (text.as_ptr() as usize).checked_sub(body.as_ptr() as usize)?;
        Some(Self { model: serde_json::from_str(text).ok()?, from, to: from + text.len() })
    }

    /// Its name.
    pub(crate) fn model(&self) -> &str {
        &self.model
    }

    /// The body with another name in its place, and not a byte changed otherwise.
    pub(crate) fn replaced(&self, body: &Bytes, model: &str) -> Bytes {
        let (Some(before), Some(behind)) = (body.get(..self.from), body.get(self.to..)) else { return body.clone() };
        let Ok(name) = serde_json::to_vec(model) else { return body.clone() };
        [before, &name, behind].concat().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_found_at_the_top_level_and_replaced_in_place() {
        let body = Bytes::from_static(br#" {"tools":[{"model":"a"}], "model" : "b\u0062" ,"n":1.0}"#);
        let wanted = Wanted::in_body(&body).unwrap();
        assert_eq!(wanted.model(), "bb");
        let replaced = wanted.replaced(&body, "c\"d");
        assert_eq!(replaced, &br#" {"tools":[{"model":"a"}], "model" : "c\"d" ,"n":1.0}"#[..]);
    }

    #[test]
    fn what_has_no_name_has_none() {
        for body in ["", "{}", "[]", r#"{"model":1}"#, r#"{"model":null}"#, r#"{"model":"a""#] {
            assert!(Wanted::in_body(body.as_bytes()).is_none(), "{body}");
        }
    }
}
