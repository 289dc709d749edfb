#!/usr/bin/env bash
# The inspector in a real browser: an exchange appears while it streams, losses stand at their places, the box translates
# every pair, nothing is written to the console, and axe-core finds nothing serious, light and dark.
set -euo pipefail
source ci/common.sh
source ci/tools.sh

command -v chromium >/dev/null || apt_install chromium
ensure_node
modules=$(node_with inspector playwright-core@1.64 axe-core@4)
scratch=$(mktemp -d)
port=$(free_port)
replay_port=$(free_port)
"$BIN" replay fixtures --faults delay=100ms --listen "127.0.0.1:$replay_port" >"$scratch/replay.log" 2>&1 &
replay=$!
"$BIN" serve --inspect --capture "$scratch/captured" --upstream "http://127.0.0.1:$replay_port/v1" --dialect responses \
    --listen "127.0.0.1:$port" >"$scratch/log" 2>&1 &
gateway=$!
trap 'kill "$gateway" "$replay" 2>/dev/null || true; rm -rf "$scratch"' EXIT
wait_until_healthy "$gateway" "$port" "$scratch/log"
NODE_PATH=$modules/node_modules BASE_URL=http://127.0.0.1:$port PROFILE=$scratch/profile SHOTS=${SHOTS:-$scratch} \
    node ci/inspector.cjs
