//! The model that a request asks for, and another name in its place.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

/// What has to be known of a body of any API before anybody reads it.
#[derive(Debug, Default)]
pub(crate) struct Glance {
    /// `None` where there is no such text; whoever reads the body says what is wrong.
    pub(crate) wanted: Option<Wanted>,
    /// Whether it asks for a stream.
    pub(crate) is_streamed: bool,
}

/// The model in a body: `model` at the top level.
#[derive(Debug)]
pub(crate) struct Wanted {
    model: String,
    /// Where the name stands in the body, quotes included.
    from: usize,
    to: usize,
}

impl Glance {
    /// Looks at a body once.
    pub(crate) fn at(body: &[u8]) -> Self {
        #[derive(Deserialize)]
        struct Head<'b> {
            #[serde(borrow)]
            model: Option<&'b RawValue>,
            #[serde(borrow)]
            stream: Option<&'b RawValue>,
        }
        let Ok(Head { model, stream }) = serde_json::from_slice(body) else { return Self::default() };
        let wanted = model.and_then(|model| Wanted::of(model, body));
        Self { wanted, is_streamed: stream.is_some_and(|stream| stream.get() == "true") }
    }

    /// The model's name, where there is one.
    pub(crate) fn model(&self) -> Option<&str> {
        self.wanted.as_ref().map(Wanted::model)
    }
}

impl Wanted {
    /// Looks for it. `None` where there is no such text.
    pub(crate) fn in_body(body: &[u8]) -> Option<Self> {
        Glance::at(body).wanted
    }

    fn of(model: &RawValue, body: &[u8]) -> Option<Self> {
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

    #[test]
    fn a_stream_is_asked_for_whether_there_is_a_model_or_not() {
        for body in [r#"{"stream":true}"#, r#"{"model":"a", "stream" : true }"#, r#"{"model":1,"stream":true}"#] {
            assert!(Glance::at(body.as_bytes()).is_streamed, "{body}");
        }
        for body in
            ["", "{}", r#"{"stream":false}"#, r#"{"stream":"true"}"#, r#"{"stream":null}"#, r#"{"a":{"stream":true}}"#]
        {
            assert!(!Glance::at(body.as_bytes()).is_streamed, "{body}");
        }
    }

    #[test]
    fn what_is_said_twice_is_not_believed() {
        // Whoever reads the body may go by the other one.
        let twice = Glance::at(br#"{"model":"a","model":"b","stream":true}"#);
        assert_eq!((twice.model(), twice.is_streamed), (None, false));
    }
}
