# The steps of .ci/run, one function each.
# shellcheck shell=bash

# Crates that a user may depend on alone: checked one by one, since a workspace build gives each the features of all.
readonly ALONE=(interlingua-model interlingua-wire interlingua-sse interlingua-translate)

# How long each fuzz target runs.
readonly FUZZ_SECONDS=20

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
    for crate in interlingua-translate interlingua-executor; do
        cargo clippy --package "$crate" --no-default-features --locked -- -D warnings
    done
    # What a crate forgets to ask of a dependency is hidden where another one asks for it.
    for crate in interlingua-auth interlingua-executor interlingua-replay interlingua-gateway; do
        cargo check --package "$crate" --locked
    done
}

# The README's command; it runs the doc tests as well. Then two crates with features that no workspace build gives them.
step_test() {
    ensure_redis
    cargo test --workspace --locked
    cargo test --package interlingua-sse --features stream --locked
    cargo test --package interlingua-executor --no-default-features --locked
}

step_docs() {
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --all-features --no-deps --locked
}

step_tidy() {
    cargo xtask tidy
}

step_fixtures() {
    cargo xtask regen-fixtures --check
}

# The examples, run and held against recordings; then the two workspaces beside the root's. Their lock files have the root's
# versions, so what they share is built already.
step_extras() {
    cargo xtask examples
    ensure_cxx
    cargo build --manifest-path bench/Cargo.toml --target-dir "$TARGET" --all-targets --locked
    bash ci/load.sh --small
    bash ci/features.sh
    cargo fmt --manifest-path fuzz/Cargo.toml --check
    cargo clippy --manifest-path fuzz/Cargo.toml --target-dir "$TARGET" --all-targets --locked -- -D warnings
    cargo test --manifest-path fuzz/Cargo.toml --target-dir "$TARGET" --locked
}

# Each target for a moment: a target that finds something is found broken, one that finds nothing shows little. Each takes one
# core, and two run at a time.
step_fuzz() {
    ensure_cxx
    ensure_cargo_fuzz
    fuzz build
    fuzz_targets sse chat_stream frames &
    local beside=$! failed=0
    fuzz_targets responses_stream messages_stream || failed=1
    wait "$beside" || failed=1
    return "$failed"
}

fuzz_targets() {
    local failed=0 target
    for target; do
        fuzz_target "$target" || failed=1
    done
    return "$failed"
}

# One target; it says how it went. A corpus is begun anew each time, so that a run does not depend on the one before.
fuzz_target() {
    local target=$1 corpus=$TOOLS/fuzz/$1
    local log=$corpus.log
    rm -rf "$corpus"
    mkdir -p "$corpus"
    seed "$target" "$corpus"
    # shellcheck disable=SC2046 # one word an option
    if fuzz run "$target" "$corpus" -- -max_total_time="$FUZZ_SECONDS" -seed=1 -print_final_stats=1 \
        $(fuzz_options "$target") >"$log" 2>&1; then
        sed -n "s/^stat::number_of_executed_units: *\\(.*\\)/-- $target: \\1 inputs, nothing found/p" "$log"
        return
    fi
    echo "-- $target: FAILED"
    # The panic names the law and shows the stream; the last lines are how to see it again.
    sed -n '/panicked at/,/^==[0-9]*== ERROR/p' "$log"
    tail -n 20 "$log"
    return 1
}

# cargo-fuzz, without a sanitizer: nothing here is unsafe, and so the stable toolchain will do.
fuzz() {
    local task=$1
    shift
    RUST_BACKTRACE=0 cargo fuzz "$task" --fuzz-dir fuzz --target-dir "$TARGET/fuzz" --sanitizer none "$@"
}

# What a target begins with: the streams of the fixtures. The plans of `frames` are no streams.
seed() {
    local protocols protocol stream name
    case $1 in
        sse) protocols='chat responses messages' ;;
        frames) protocols='' ;;
        *) protocols=${1%_stream} ;;
    esac
    for protocol in $protocols; do
        for stream in fixtures/"$protocol"/*/stream.sse; do
            name=$(basename "$(dirname "$stream")")
            cp "$stream" "$2/$protocol-$name.sse"
        done
    done
}

# A plan of `frames` is short, and every length of it is worth trying from the start.
fuzz_options() {
    [[ $1 != frames ]] || echo -max_len=67 -len_control=0
}

# Every crate packages. What a package holds is checked by `cargo xtask tidy`; that it builds, by everything else.
step_package() {
    cargo package --workspace --exclude xtask --exclude snapshot-tests --no-verify --allow-dirty --locked
}

step_build() {
    cargo build --release --locked
}

# What a container image and a system service are made of.
step_deploy() {
    bash ci/deploy.sh
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
    python3 "$SHARED/spec/check_cases.py" --bin "$BIN" --cases "$SHARED/spec/field_cases.json" $(exceptions field_cases)
}

# Independent judges over recorded traffic, as it is and damaged: of Chat and Responses in five ways each recording, and of Messages
# in front of both in two, since there the plain run alone starts the binary for 3,500 bodies.
step_oracle() {
    need_shared spec/oracle.py
    need_binary
    local python judge messages
    python=$(python_with judge openai==3.54.0 anthropic==2.14.0)
    judge=("$python" "$SHARED/spec/oracle.py" --bin "$BIN" --dir "$SHARED/recordings" --tier
        $(exceptions oracle))
    messages=("$python" "$SHARED/spec/oracle_messages.py" --bin "$BIN" --dir "$SHARED/recordings" $(exceptions oracle_messages))
    "${judge[@]}"
    "${judge[@]}" --mutate 5
    "${messages[@]}"
    # What a harmless change must not change is compared with another run, so both have to be at one time.
    SOURCE_DATE_EPOCH=1700000000 "${messages[@]}" --mutate 2
}

# `--except FILE` where ci/NAME.except lists what is known to be right otherwise.
exceptions() {
    [[ ! -f ci/$1.except ]] || echo "--except ci/$1.except"
}

step_open_responses() {
    need_shared spec/open_responses
    need_binary
    bash ci/open_responses.sh
}

# The SDKs and programs that are fetched from PyPI and npm, with checks of our own; then those that lie beside the checkout.
step_clients() {
    need_binary
    bash ci/sdks.sh
    bash ci/agents.sh
    need_shared clients
    bash ci/clients.sh
}

step_inspector() {
    need_binary
    bash ci/inspector.sh
}

# The CLI comes from npm, so this needs nothing that lies beside the checkout.
step_codex() {
    need_binary
    bash ci/codex.sh
}

# As the Codex CLI.
step_claude_code() {
    need_binary
    bash ci/claude_code.sh
}
