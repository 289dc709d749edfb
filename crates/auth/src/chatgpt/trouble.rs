//! Why a refresh has not come to its end.

use crate::{call::Failed, error::Error};

/// Why an attempt did not succeed.
pub(super) enum Trouble {
    /// Nothing more to be done.
    Final(Error),
    /// The issuer did not say yes or no.
    Failed(Failed),
    /// Another program has renewed the login in the meantime; look again.
    Superseded,
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Final(error)
    }
}
