//! Responses: wire to model and back.
