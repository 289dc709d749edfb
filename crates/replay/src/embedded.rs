//! The cases that are compiled in: the one list of them.
//!
//! `cases/` in this crate holds a copy of each, and nothing else, so that the crate can be packaged on its own.
//! `cargo xtask regen-fixtures` makes every folder there equal to its original in `fixtures/`. To add one, add a line here and
//! an empty folder there.

macro_rules! cases {
    ($($name:literal => [$($file:literal),*],)*) => {
        &[$((
            $name,
            &[
                ("case.toml", include_bytes!(concat!("../cases/", $name, "/case.toml"))),
                ("request.json", include_bytes!(concat!("../cases/", $name, "/request.json"))),
                $(($file, include_bytes!(concat!("../cases/", $name, "/", $file))),)*
            ],
        ),)*]
    };
}

/// The files of a case, by name.
pub(crate) type Files = &'static [(&'static str, &'static [u8])];

/// Name and files of every case.
pub(crate) const EMBEDDED: &[(&str, Files)] = cases! {
    "chat/content-filter" => ["response.json", "stream.sse"],
    "chat/custom-tool" => ["response.json", "stream.sse"],
    "chat/cut-in-arguments" => ["stream.sse"],
    "chat/cut-in-text" => ["stream.sse"],
    "chat/duplicated-finish" => ["stream.sse"],
    "chat/error-401" => ["response.json"],
    "chat/error-429-rate-limit" => ["response.json"],
    "chat/error-500" => ["response.json"],
    "chat/error-mid-stream" => ["stream.sse"],
    "chat/json-object" => ["response.json", "stream.sse"],
    "chat/legacy-function-call" => ["response.json", "stream.sse"],
    "chat/length" => ["response.json", "stream.sse"],
    "chat/llamacpp-text" => ["response.json", "stream.sse"],
    "chat/llamacpp-tool-call" => ["response.json", "stream.sse"],
    "chat/mistral-single-delta" => ["response.json", "stream.sse"],
    "chat/parallel-tool-calls" => ["response.json", "stream.sse"],
    "chat/reasoning-content" => ["response.json", "stream.sse"],
    "chat/refusal" => ["response.json", "stream.sse"],
    "chat/structured-output" => ["response.json", "stream.sse"],
    "chat/text" => ["response.json", "stream.sse"],
    "chat/text-then-tool" => ["response.json", "stream.sse"],
    "chat/text-with-usage" => ["response.json", "stream.sse"],
    "chat/tool-call" => ["response.json", "stream.sse"],
    "chat/tool-result" => ["response.json", "stream.sse"],
    "messages/structured-output" => ["response.json", "stream.sse"],
    "messages/text" => ["response.json", "stream.sse"],
    "messages/tool-call" => ["response.json", "stream.sse"],
    "responses/codex-text" => ["stream.sse"],
    "responses/codex-tool-call" => ["stream.sse"],
    "responses/codex-usage-limit" => ["stream.sse"],
    "responses/custom-tool" => ["response.json", "stream.sse"],
    "responses/cut-after-created" => ["stream.sse"],
    "responses/cut-in-arguments" => ["stream.sse"],
    "responses/cut-in-text" => ["stream.sse"],
    "responses/done-only" => ["stream.sse"],
    "responses/error-401" => ["response.json"],
    "responses/error-429-rate-limit" => ["response.json"],
    "responses/error-500" => ["response.json"],
    "responses/error-flat" => ["stream.sse"],
    "responses/error-html" => ["response.html"],
    "responses/error-nested-then-failed" => ["stream.sse"],
    "responses/error-nested-then-failed-after-text" => ["stream.sse"],
    "responses/failed" => ["response.json", "stream.sse"],
    "responses/failed-after-text" => ["stream.sse"],
    "responses/hosted-custom-tool" => ["response.json", "stream.sse"],
    "responses/id-rotation" => ["stream.sse"],
    "responses/incomplete-content-filter" => ["response.json", "stream.sse"],
    "responses/incomplete-max-tokens" => ["response.json", "stream.sse"],
    "responses/json-object" => ["response.json", "stream.sse"],
    "responses/llamacpp-text" => ["response.json", "stream.sse"],
    "responses/llamacpp-tool-call" => ["response.json", "stream.sse"],
    "responses/logprobs" => ["response.json", "stream.sse"],
    "responses/parallel-tool-calls" => ["response.json", "stream.sse"],
    "responses/reasoning-encrypted" => ["response.json", "stream.sse"],
    "responses/reasoning-then-tool" => ["response.json", "stream.sse"],
    "responses/refusal" => ["response.json", "stream.sse"],
    "responses/structured-output" => ["response.json", "stream.sse"],
    "responses/text" => ["response.json", "stream.sse"],
    "responses/text-then-tool" => ["response.json", "stream.sse"],
    "responses/text-unicode" => ["response.json", "stream.sse"],
    "responses/tool-call" => ["response.json", "stream.sse"],
    "responses/tool-result" => ["response.json", "stream.sse"],
    "responses/two-messages" => ["response.json", "stream.sse"],
    "responses/web-search" => ["response.json", "stream.sse"],
};

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use interlingua_model::Api;

    use super::*;

    #[test]
    fn the_list_is_the_folder() {
        let listed: BTreeSet<String> = EMBEDDED.iter().map(|(name, _)| (*name).to_owned()).collect();
        let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
        let mut present = BTreeSet::new();
        for api in Api::ALL {
            for entry in std::fs::read_dir(cases.join(api.name())).unwrap() {
                present.insert(format!("{api}/{}", entry.unwrap().file_name().to_str().unwrap()));
            }
        }
        assert_eq!(listed, present);
    }

    #[test]
    fn every_file_of_a_case_is_listed() {
        let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
        for (name, files) in EMBEDDED {
            let present = std::fs::read_dir(cases.join(name)).unwrap().count();
            assert_eq!(files.len(), present, "{name}");
        }
    }
}
