//! A translated value, and whether it is taken with what it lost.

use crate::error::Error;
use crate::loss::{Loss, Policy};

/// A translated value together with everything it lost on the way.
///
/// ```
/// use interlingua_translate::{Loss, LossCode, Policy, Translated};
///
/// let translated = Translated { value: (), losses: vec![Loss::new("logit_bias", LossCode::DroppedParameter, "no such field")] };
/// assert!(translated.clone().under(Policy::Lenient).is_ok());
/// assert_eq!(translated.under(Policy::Strict).unwrap_err().param(), Some("logit_bias"));
/// ```
#[must_use = "the losses say what the value no longer holds"]
#[derive(Debug, Clone, PartialEq)]
pub struct Translated<T> {
    /// The value.
    pub value: T,
    /// What it lost, in the order met.
    pub losses: Vec<Loss>,
}

impl<T> Translated<T> {
    /// Accepts or refuses the losses.
    ///
    /// # Errors
    /// Under [`Policy::Strict`], the first loss that [changes meaning](crate::LossCode::changes_meaning), as an error that
    /// names its path.
    pub fn under(self, policy: Policy) -> Result<Self, Error> {
        under(policy, &self.losses).map(|()| self)
    }

    /// The same losses around another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Translated<U> {
        Translated { value: change(self.value), losses: self.losses }
    }
}

/// Accepts or refuses losses.
pub(crate) fn under(policy: Policy, losses: &[Loss]) -> Result<(), Error> {
    match (policy, losses.iter().find(|loss| loss.code.changes_meaning())) {
        (Policy::Strict, Some(loss)) => Err(Error::refused_loss(loss)),
        (Policy::Strict | Policy::Lenient, _) => Ok(()),
    }
}
