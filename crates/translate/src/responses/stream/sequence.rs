//! Whether an event came before.

use interlingua_wire::Integer;

/// Numbers that rise tell a repeated event from a new one; numbers that stand still tell nothing.
#[derive(Debug, Clone, Default)]
pub(super) struct Sequence {
    last: Option<i64>,
    rises: bool,
}

impl Sequence {
    pub(super) fn is_repeated(&mut self, number: Option<Integer>) -> bool {
        let Some(Integer(number)) = number else { return false };
        match self.last {
            Some(last) if number <= last => self.rises,
            previous => {
                self.rises |= previous.is_some();
                self.last = Some(number);
                false
            }
        }
    }
}
