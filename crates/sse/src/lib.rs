//! A sans-IO parser and encoder for server-sent events
