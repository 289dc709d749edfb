//! Replies, whole and streamed, translated as they come in.

use std::io::{Read, Write};

use interlingua_gateway::ApiError;
use interlingua_translate::{Loss, Reply, Stage};

/// Translates a reply; in the API it already speaks, it is checked and left as it is.
///
/// Nothing is written before the first output, so that a reply that fails until then leaves stdout empty.
pub(super) fn translate(
    mut input: impl Read,
    mut output: impl Write,
    reply: &Reply,
    losses: &mut Vec<Loss>,
) -> Result<(), ApiError> {
    const CHUNK: usize = 64 * 1024;
    let is_echo = reply.client() == reply.upstream();
    let mut answer = reply.answer();
    let mut chunk = vec![0; CHUNK];
    // What is to be written next, or once there is output.
    let mut waiting = Vec::new();
    let mut translated = Vec::new();
    loop {
        let read = input
            .read(&mut chunk)
            .map_err(|error| ApiError::bad_request(format!("the reply cannot be read: {error}")))?;
        let bytes = chunk.get(..read).unwrap_or_default();
        if bytes.is_empty() {
            break;
        }
        let stage = answer.bytes(bytes, &mut translated);
        if is_echo {
            waiting.extend_from_slice(bytes);
            translated.clear();
        } else {
            waiting.append(&mut translated);
        }
        // What was asked for whole may still fail in writing it.
        if reply.is_streamed() && answer.has_output() {
            write(&mut output, &waiting)?;
            waiting.clear();
        }
        if matches!(stage, Stage::Failed) || stage == Stage::Over && !is_echo {
            break;
        }
    }
    let had_output = answer.has_output();
    let outcome = answer.finish(&mut translated);
    if !is_echo {
        waiting.append(&mut translated);
    }
    let failure = outcome.failure();
    losses.extend(outcome.losses);
    if failure.is_none() && !reply.is_streamed() && !is_echo {
        waiting.push(b'\n');
    }
    if failure.is_none() || reply.is_streamed() && had_output {
        write(&mut output, &waiting)?;
    }
    failure.as_ref().map_or(Ok(()), |failure| Err(failure.into()))
}

/// Writes what is to be seen at once.
pub(super) fn write(output: &mut impl Write, bytes: &[u8]) -> Result<(), ApiError> {
    let written = output.write_all(bytes).and_then(|()| output.flush());
    written.map_err(|error| ApiError::bad_request(format!("the output cannot be written: {error}")))
}
