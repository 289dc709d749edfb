//! Where a value stood in the document it was read from.

use std::fmt::{self, Write as _};

/// A place in a document: a path with a star for every position in a list, and the positions.
///
/// Decoders make origins, encoders only read them. The paths of a dialect are few and known beforehand, so an origin is a
/// small value that is copied and compared; nothing is spelled out before somebody asks, and no table has to be handed
/// along to do so. The default is the document itself, with the empty path.
///
/// ```
/// use interlingua_model::Origin;
///
/// let message = Origin::nth("messages[*]", 2);
/// assert_eq!(message.path(), "messages[2]");
/// assert_eq!(message.then("messages[*].name").path(), "messages[2].name");
/// assert_eq!(message.then_nth("messages[*].content[*]", 0).path(), "messages[2].content[0]");
/// assert_eq!(Origin::of("max_tokens").path(), "max_tokens");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Origin {
    path: &'static str,
    depth: u8,
    positions: [u32; MOST_POSITIONS],
}

/// The most lists that lie in each other in any dialect: a tool of a group in an item.
const MOST_POSITIONS: usize = 3;

/// A value together with the place it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// Its place in the source document.
    pub origin: Origin,
}

impl<T> Sourced<T> {
    /// A value that stood at `path`, which has no stars.
    pub const fn at(path: &'static str, value: T) -> Self {
        Self { value, origin: Origin::of(path) }
    }
}

impl Origin {
    /// A place in no list: `path` has no stars.
    #[must_use]
    pub const fn of(path: &'static str) -> Self {
        Self { path, depth: 0, positions: [0; MOST_POSITIONS] }
    }

    /// An entry of a list: `path` has one star, and `position` stands for it.
    #[must_use]
    pub fn nth(path: &'static str, position: usize) -> Self {
        Self::default().then_nth(path, position)
    }

    /// A place inside this one, or beside it, in no further list: `path` has as many stars as this one's.
    #[must_use]
    pub const fn then(self, path: &'static str) -> Self {
        Self { path, ..self }
    }

    /// An entry of a list inside this place: `path` has one star more than this one's, and `position` stands for it.
    #[must_use]
    pub fn then_nth(self, path: &'static str, position: usize) -> Self {
        let Self { path: _, depth, mut positions } = self;
        if let Some(place) = positions.get_mut(usize::from(depth)) {
            *place = u32::try_from(position).unwrap_or(u32::MAX);
        }
        Self { path, depth: depth.saturating_add(1), positions }
    }

    /// In how many lists, one in the other, the place lies.
    #[must_use]
    pub const fn depth(self) -> u8 {
        self.depth
    }

    /// The path: `messages[2].content[1]`, `max_tokens`, or empty for the document itself.
    #[must_use]
    pub fn path(self) -> String {
        let mut path = String::with_capacity(self.path.len() + 4);
        let mut positions = self.positions.iter();
        for (number, piece) in self.path.split('*').enumerate() {
            if number > 0
                && let Some(position) = positions.next()
            {
                let _ = write!(path, "{position}");
            }
            path.push_str(piece);
        }
        path
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Origin({})", self.path())
    }
}
