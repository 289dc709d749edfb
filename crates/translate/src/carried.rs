//! Fields that only one API has a word for, in front of any API.

use interlingua_model::{Api, Carried, Weight};

use crate::{Error, Loss, LossCode, RequestCode};

/// The fields that an upstream of `api` has a word for; the others are lost, each by its weight.
///
/// # Errors
/// [`Error::Request`] for a field without which the answer would not be what was asked for.
pub(crate) fn carry(carried: Vec<Carried>, api: Api, losses: &mut Vec<Loss>) -> Result<Vec<Carried>, Error> {
    let (own, foreign): (Vec<_>, Vec<_>) = carried.into_iter().partition(|field| field.api == api);
    for Carried { origin, api: _, name, weight, value: _ } in foreign {
        let code = match weight {
            Weight::Neutral => continue,
            Weight::Hint => LossCode::DroppedHint,
            Weight::Parameter => LossCode::DroppedParameter,
            Weight::Essential => {
                let message = format!("the {} API has nothing like `{name}`; leave it out", api.title());
                return Err(Error::request(origin.path(), RequestCode::UnsupportedParameter, message));
            }
        };
        losses.push(Loss::new(origin.path(), code, format!("the {} API has nothing like `{name}`", api.title())));
    }
    Ok(own)
}
