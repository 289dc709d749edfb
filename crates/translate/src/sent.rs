//! What a request was sent as, which its reply is read by.

use std::sync::Arc;

use interlingua_model::Request;

use crate::Stamp;
use crate::call_ids::CallIds;
use crate::names::{NameForm, Names};

/// What has to be known of a request to read its reply: the names and ids it went out with, and an id for what the reply
/// gives none.
///
/// Made once per request, by `encode_request`; cheap to clone.
#[derive(Debug, Clone)]
pub struct Sent(Arc<Inner>);

/// A request as it goes out, what it lost, and what its reply is read by.
#[must_use = "the losses say what the value no longer holds"]
#[derive(Debug, Clone)]
pub struct Encoded<T> {
    /// The request.
    pub value: T,
    /// What it lost, in the order met.
    pub losses: Vec<crate::Loss>,
    /// What it was sent as.
    pub sent: Sent,
}

#[derive(Debug, Default)]
struct Inner {
    names: Names,
    call_ids: CallIds,
    stamp_id: String,
    /// Stop sequences that the upstream is not told of.
    stop: Vec<String>,
    reads: Reads,
}

/// What has to be known of an upstream to read its replies.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reads {
    /// What begins and ends thoughts at the beginning of the text.
    pub(crate) think_tags: Vec<(String, String)>,
    /// Whether several choices may be one answer.
    pub(crate) merges_choices: bool,
    /// Whether the tokens of thoughts have to be added to those of the answer.
    pub(crate) adds_reasoning: bool,
}

impl Sent {
    /// What is sent of `request` to an upstream that takes tool names and call ids of at most so many bytes, and stop
    /// sequences or not.
    pub(crate) fn new(
        request: &Request,
        name_limit: usize,
        call_id_limit: usize,
        takes_stop: bool,
        stamp: &Stamp,
    ) -> Self {
        let call_ids = CallIds::new(request, call_id_limit, |_| true);
        Self::with(request, NameForm::up_to(name_limit), call_ids, takes_stop, stamp)
    }

    /// The same, to an upstream that takes call ids of at most 64 letters, digits, `_` and `-`.
    pub(crate) fn with_plain_ids(request: &Request, name_limit: usize, takes_stop: bool, stamp: &Stamp) -> Self {
        const LIMIT: usize = 64;
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
        Self::with(request, NameForm::up_to(name_limit), CallIds::new(request, LIMIT, is_plain), takes_stop, stamp)
    }

    /// The same, to an upstream that takes names of a form, and these call ids.
    pub(crate) fn with(request: &Request, names: NameForm, call_ids: CallIds, takes_stop: bool, stamp: &Stamp) -> Self {
        let stop = request.sampling.stop.iter().filter(|_| !takes_stop).flat_map(|stop| &stop.value);
        Self(Arc::new(Inner {
            names: Names::new(request, names),
            call_ids,
            stamp_id: stamp.id.clone(),
            stop: stop.filter(|sequence| !sequence.is_empty()).cloned().collect(),
            reads: Reads::default(),
        }))
    }

    /// The same, from an upstream whose replies are to be read so. Said while nobody else has it yet.
    pub(crate) fn reading(mut self, reads: Reads) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.0) {
            inner.reads = reads;
        }
        self
    }

    pub(crate) fn reads(&self) -> &Reads {
        &self.0.reads
    }

    /// Of a request that is not at hand: nothing was renamed.
    ///
    /// ```
    /// use interlingua_translate::{Sent, Stamp, chat};
    ///
    /// let sent = Sent::unknown(&Stamp { id: "1".into(), created: 0 });
    /// let reply = r#"{"choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}]}"#;
    /// assert_eq!(chat::decode_response(serde_json::from_str(reply)?, &sent)?.value.items.len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn unknown(stamp: &Stamp) -> Self {
        Self(Arc::new(Inner { stamp_id: stamp.id.clone(), ..Inner::default() }))
    }

    pub(crate) fn names(&self) -> &Names {
        &self.0.names
    }

    pub(crate) fn call_ids(&self) -> &CallIds {
        &self.0.call_ids
    }

    /// An id for a reply that has none.
    pub(crate) fn stamp_id(&self) -> &str {
        &self.0.stamp_id
    }

    /// Stop sequences that the upstream is not told of, so that the text has to end here.
    pub(crate) fn stop_sequences(&self) -> &[String] {
        &self.0.stop
    }

    /// Whether a tool that goes by this name on the wire is a custom one.
    pub(crate) fn is_custom(&self, wire_name: &str) -> bool {
        self.0.names.is_custom(wire_name)
    }

    /// The caller's own name of a tool, and the group it belongs to.
    pub(crate) fn tool_name(&self, wire_name: String) -> (Option<String>, String) {
        match self.0.names.original(&wire_name) {
            Some(original) => (original.namespace.clone(), original.name.clone()),
            None => (None, wire_name),
        }
    }
}
