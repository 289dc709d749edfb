//! Any bytes as the stream of a Responses upstream.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| interlingua_fuzz::check(interlingua_fuzz::Api::Responses, bytes));
