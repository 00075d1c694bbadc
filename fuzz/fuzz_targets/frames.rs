#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| cognito_connect_fuzz::frames(data));
