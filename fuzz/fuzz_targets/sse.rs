//! Any bytes as an event stream: no panic, and the same events whatever the chunks.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| interlingua_sse::fuzz::check(bytes));
