//! Names of models with gaps.

/// A model's name in which `*` stands for any text, also for none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern(String);

impl Pattern {
    pub(crate) fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The name, where there is no gap in it.
    pub(crate) fn as_plain(&self) -> Option<&str> {
        (!self.0.contains('*')).then_some(&self.0)
    }

    pub(crate) fn fits(&self, name: &str) -> bool {
        interlingua_translate::fits_pattern(&self.0, name)
    }
}
