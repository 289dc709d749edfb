//! Any bytes as the stream of a Messages upstream.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| interlingua_fuzz::check(interlingua_fuzz::Api::Messages, bytes));
