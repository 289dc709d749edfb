#!/usr/bin/env bash
# Load on the gateway, by a client and an upstream of its own: 1,000 streams at 10 ms, a client that does not read, 20,000
# requests, and the streams once more with capture, inspector and numbers on, as a ratio. Fails where anything goes wrong, and prints times and memory. `--small` is a plan for a check.
set -euo pipefail
source ci/common.sh

# A check asks for no speed, and what is built for tests will do.
profile=--release binary=$BIN
[[ " $* " != *" --small "* ]] || profile='' binary=$TARGET/debug/interlingua
# shellcheck disable=SC2086 # no word where there is no profile
cargo build $profile --locked --quiet
# A stream takes two descriptors of the gateway's, one of the client's and one of the upstream's.
ulimit -n "$(ulimit -H -n)" 2>/dev/null || true
# shellcheck disable=SC2086
exec cargo run $profile --manifest-path bench/Cargo.toml --target-dir "$TARGET" --bin load --locked --quiet -- "$binary" "$@"
