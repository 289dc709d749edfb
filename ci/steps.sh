# The steps of .ci/run, one function each.
# shellcheck shell=bash

# Crates that a user may depend on alone: checked one by one, since a workspace build gives each the features of all.
readonly ALONE=(interlingua-model interlingua-wire interlingua-sse interlingua-translate)

step_tools() {
    ensure_rust
    ensure_compiler
    ensure_python
    cargo --version
    python3 --version
    cc --version | head -n 1
}

step_format() {
    cargo fmt --all --check
}

step_lint() {
    cargo clippy --workspace --all-targets --all-features --locked -- -D warnings
    local crate
    for crate in "${ALONE[@]}"; do
        cargo clippy --package "$crate" --locked -- -D warnings
    done
    cargo clippy --package interlingua-executor --no-default-features --locked -- -D warnings
}

# The README's command; it runs the doc tests as well.
step_test() {
    cargo test --workspace --locked
}

step_docs() {
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked
}

step_tidy() {
    cargo xtask tidy
}

step_fixtures() {
    cargo xtask regen-fixtures --check
}

step_build() {
    cargo build --release --locked
}

# The README's first command. Building is not what it is timed for, so that comes first; after the step `build` it does nothing.
step_demo() {
    cargo build --release --locked --quiet
    timeout --kill-after=5 60 cargo run --release --locked --quiet -- demo
}

# Worked cases of translation, of a client that speaks Chat.
step_cases() {
    need_shared spec/check_cases.py
    need_binary
    ensure_python
    python3 "$SHARED/spec/check_cases.py" --bin "$BIN" $(exceptions cases)
}

# An independent judge over recorded traffic, as it is and with each recording damaged in five ways.
step_oracle() {
    need_shared spec/oracle.py
    need_binary
    local python judge
    python=$(python_with judge openai==3.54.0)
    judge=("$python" "$SHARED/spec/oracle.py" --bin "$BIN" --dir "$SHARED/recordings"
        $(exceptions oracle))
    "${judge[@]}"
    "${judge[@]}" --mutate 5
}

# `--except FILE` where ci/NAME.except lists what is known to be right otherwise.
exceptions() {
    [[ ! -f ci/$1.except ]] || echo "--except ci/$1.except"
}

step_clients() {
    need_shared clients
    need_binary
    bash ci/clients.sh
}

# The CLI comes from npm, so this needs nothing that lies beside the checkout.
step_codex() {
    need_binary
    bash ci/codex.sh
}
