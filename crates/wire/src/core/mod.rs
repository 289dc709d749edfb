//! What both APIs' types are built from: values kept as they were written, and the three macros that declare objects, tagged unions
//! and open string enums.

pub(crate) mod json;
pub(crate) mod number;
pub(crate) mod object;
pub(crate) mod open;
pub(crate) mod tagged;
pub(crate) mod text;

pub(crate) use object::object;
pub(crate) use open::open_enum;
pub(crate) use tagged::tagged;
