//! What both APIs' types are built from: values kept as they were written, and the macros that declare objects, tagged unions, unions with a
//! string form and open string enums.

pub(crate) mod error;
pub(crate) mod extra;
pub(crate) mod fields;
pub(crate) mod json;
pub(crate) mod json_text;
pub(crate) mod maybe;
pub(crate) mod number;
pub(crate) mod object;
pub(crate) mod open;
pub(crate) mod read;
pub(crate) mod scan;
mod skip;
pub(crate) mod tagged;
pub(crate) mod text;
pub(crate) mod union;
pub(crate) mod write;

pub(crate) use object::object;
pub(crate) use open::open_enum;
pub(crate) use tagged::tagged;
pub(crate) use union::union;
