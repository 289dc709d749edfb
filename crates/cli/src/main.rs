//! Translate between the Chat Completions and Responses APIs from the command line, or serve as a gateway
fn main() {}
