//! A recorded stream of either API, damaged frame by frame as the input says.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| interlingua_fuzz::check_damaged(bytes));
