//! How a stream ends, and why.

use interlingua_model::{Event, Failure, Finish, Sink};
use interlingua_wire::responses as wire;

use super::decoder::{Decoder, State};
use crate::responses::reply::failure::decode_error_event;
use crate::responses::reply::finish::{distrust, judge};
use crate::responses::reply::ids::envelope;
use crate::{End, Error};

impl Decoder {
    pub(super) fn end(
        &mut self,
        end: wire::ResponseEnd,
        said: Option<wire::Status>,
        out: &mut impl Sink,
    ) -> Result<(), Error> {
        let wire::ResponseEnd { response, sequence_number: _, agent, extra: _ } = end;
        let mut response = *response;
        self.reader.see_tools(response.tools.as_ref());
        self.start(envelope(&response, agent.as_ref()), out);
        response.tools = None;
        let (output, verdict) = judge(response, agent.as_ref(), said, &mut self.losses, &mut self.items.unread);
        let mut ending = match verdict {
            Ok(ending) => ending,
            Err(failure) => {
                self.upstream_failed(failure, out);
                return Ok(());
            }
        };
        for (index, item) in output.into_iter().enumerate() {
            let is_cut = ending.finish != Finish::Completed;
            self.items.finish_at_end(index, item, &self.reader, is_cut, out)?;
        }
        self.items.close(ending.finish == Finish::Completed, out)?;
        if self.items.has_cut_input {
            distrust(&mut ending, &mut self.losses);
        }
        self.losses.append(&mut self.items.losses);
        self.losses.append(&mut self.items.unread.losses);
        self.state = State::Ended(End::of(&ending.finish));
        out.event(Event::Finished(Box::new(ending)));
        Ok(())
    }

    /// A failure that says nothing is held back: the reason may be in the next event.
    pub(super) fn upstream_failed(&mut self, failure: Box<Failure>, out: &mut impl Sink) {
        if failure.code.is_none() && failure.message.is_empty() {
            self.state = State::Failing(failure);
        } else {
            self.fail(failure, out);
        }
    }

    /// After a failure without a reason, only an event that has one counts.
    pub(super) fn second_chance(&mut self, event: wire::Event<'_>, out: &mut impl Sink) {
        let failure = if let wire::Event::Error(error) = event {
            decode_error_event(error)
        } else if let wire::Event::Failed(end) = event
            && let Err(failure) =
                judge(*end.response, None, Some(wire::Status::Failed), &mut self.losses, &mut self.items.unread).1
        {
            *failure
        } else {
            return;
        };
        if failure.code.is_some() || !failure.message.is_empty() {
            self.fail(Box::new(failure), out);
        }
    }

    pub(super) fn refuse(&mut self, error: Error, out: &mut impl Sink) {
        self.fail(Box::new(error.into_failure()), out);
    }

    pub(super) fn fail(&mut self, failure: Box<Failure>, out: &mut impl Sink) {
        self.items.settle(false, out);
        self.losses.append(&mut self.items.losses);
        self.losses.append(&mut self.items.unread.losses);
        out.event(Event::Failed(failure.clone()));
        self.state = State::Ended(End::Failed(failure));
    }
}
