#!/usr/bin/env bash
# `interlingua top`, which is not among the default features: its own tests, and the program in a terminal of its own.
set -euo pipefail
source ci/common.sh

cargo test --package interlingua --features top --bin interlingua --locked --quiet top::
cargo build --package interlingua --features top --locked --quiet
timeout --kill-after=5 120 python3 ci/top.py "$TARGET/debug/interlingua"
