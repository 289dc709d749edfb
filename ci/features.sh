#!/usr/bin/env bash
# What is not among the default features, in one build: `interlingua top`, by its own tests and in a terminal of its own, and
# traces, by what a collector gets.
set -euo pipefail
source ci/common.sh

cargo test --package interlingua --features top,otel --bin interlingua --locked --quiet top::
cargo build --package interlingua --features top,otel --locked --quiet
timeout --kill-after=5 120 python3 ci/top.py "$TARGET/debug/interlingua"
timeout --kill-after=5 120 python3 ci/traces.py "$TARGET/debug/interlingua"
