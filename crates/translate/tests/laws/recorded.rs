//! That real traffic is read in full.

use interlingua_wire::responses::Event;
use libtest_mimic::Failed;

use crate::support::{frames, recordings};

/// Kinds that real traffic has beside the documented ones; anything else that reads as unknown was skipped.
const UNDOCUMENTED: &[&str] =
    &["keepalive", "response.apply_patch_call_operation_diff.delta", "response.apply_patch_call_operation_diff.done"];

pub(crate) fn nothing_known_is_skipped() -> Result<(), Failed> {
    for (name, bytes) in recordings("responses_stream") {
        for frame in frames(&bytes) {
            if frame.data.trim() == "[DONE]" {
                continue;
            }
            match Event::parse(&frame.data, frame.name.as_deref()) {
                Ok(Event::Unknown(unknown)) if !UNDOCUMENTED.contains(&&*unknown.kind) => {
                    return Err(format!("{name}: `{}` is not known", unknown.kind).into());
                }
                Ok(_) => {}
                Err(error) => return Err(format!("{name}: {error}: {}", frame.data).into()),
            }
        }
    }
    Ok(())
}
