//! Where the frames of a reply go.

/// Takes the frames of a reply in the client's API: server-sent events, messages of a WebSocket, or one whole body.
///
/// With the feature `sse`, a `Vec<u8>` is one: it takes them as server-sent events, and a whole reply as it is.
///
/// ```
/// use interlingua_translate::Frames;
///
/// /// Keeps each frame as a text of its own, as a WebSocket wants them.
/// #[derive(Default)]
/// struct Messages(Vec<Vec<u8>>);
///
/// impl Frames for Messages {
///     fn frame(&mut self, _name: Option<&str>, write: impl FnOnce(&mut Vec<u8>)) {
///         let mut message = Vec::new();
///         write(&mut message);
///         self.0.push(message);
///     }
/// }
/// ```
pub trait Frames {
    /// Takes one frame: its name, where the API names its events, and its data, which `write` appends to a buffer. The data
    /// is one line of JSON, or `[DONE]` at the end of a Chat stream.
    fn frame(&mut self, name: Option<&str>, write: impl FnOnce(&mut Vec<u8>));

    /// Takes a whole reply, for a client that asked for one: a JSON document. As one frame, where nothing else is said.
    fn whole(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        self.frame(None, write);
    }
}

/// [`Frames`] of whatever type: the encoders are compiled once, and not again for each place that frames go to.
pub(crate) trait AnyFrames {
    fn any_frame(&mut self, name: Option<&str>, write: &mut dyn FnMut(&mut Vec<u8>));
}

impl<F: Frames> AnyFrames for F {
    fn any_frame(&mut self, name: Option<&str>, write: &mut dyn FnMut(&mut Vec<u8>)) {
        self.frame(name, write);
    }
}

/// The way back: what the encoders write to.
pub(crate) struct Through<'f>(pub(crate) &'f mut dyn AnyFrames);

impl Frames for Through<'_> {
    fn frame(&mut self, name: Option<&str>, write: impl FnOnce(&mut Vec<u8>)) {
        let mut write = Some(write);
        self.0.any_frame(name, &mut |out| {
            if let Some(write) = write.take() {
                write(out);
            }
        });
    }
}

/// Writes a value as JSON.
pub(crate) fn write_json(out: &mut Vec<u8>, value: &impl serde::Serialize) {
    // Memory takes all bytes, and the types of `wire` have string keys only: there is nothing that can fail.
    let written = interlingua_wire::write_json(value, out);
    debug_assert!(written.is_ok(), "what is written is always JSON");
}

#[cfg(feature = "sse")]
impl Frames for Vec<u8> {
    fn frame(&mut self, name: Option<&str>, write: impl FnOnce(&mut Vec<u8>)) {
        let written = interlingua_sse::write_event_with(self, name, |out| {
            write(out);
            Ok::<(), std::convert::Infallible>(())
        });
        match written {
            Ok(()) => {}
            Err(never) => match never {},
        }
    }

    fn whole(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        write(self);
    }
}
