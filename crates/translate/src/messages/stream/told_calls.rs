//! The calls that a stream has told so far, to know one that is told again.

use crate::messages::reply::repeats::{another_id, says_no_more};

/// A call that has begun.
#[derive(Debug, Clone)]
struct ToldCall {
    id: String,
    name: String,
    input: String,
}

/// Which of the calls one is.
#[derive(Debug, Clone, Copy)]
pub(super) struct CallPlace(usize);

/// All calls so far.
#[derive(Debug, Clone, Default)]
pub(super) struct ToldCalls(Vec<ToldCall>);

impl ToldCalls {
    /// Takes a call that begins; `None` where another one had its id.
    pub(super) fn begin(&mut self, id: &str, name: &str) -> Option<CallPlace> {
        if self.0.iter().any(|call| call.id == id) {
            return None;
        }
        Some(self.push(id.to_owned(), name))
    }

    /// Takes a call under an id of its own, and gives that.
    pub(super) fn begin_anew(&mut self, id: &str, name: &str) -> (CallPlace, String) {
        let id = another_id(id, |id| self.0.iter().any(|call| call.id == id));
        (self.push(id.clone(), name), id)
    }

    fn push(&mut self, id: String, name: &str) -> CallPlace {
        self.0.push(ToldCall { id, name: name.to_owned(), input: String::new() });
        CallPlace(self.0.len() - 1)
    }

    /// All that a call has said of its input.
    pub(super) fn input(&mut self, CallPlace(place): CallPlace) -> Option<&mut String> {
        self.0.get_mut(place).map(|call| &mut call.input)
    }

    /// Whether a call has been told: one of that id and name, whose input says as much.
    pub(super) fn has(&self, id: &str, name: &str, input: &str) -> bool {
        let mut of_id = self.0.iter().filter(|call| call.id == id);
        of_id.any(|call| call.name == name && says_no_more(&call.input, input))
    }
}
