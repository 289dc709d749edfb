#!/usr/bin/env bash
# The Open Responses suite, over a scripted Chat upstream: the tests of it that hold. What is not named here is not there
# yet: WebSocket connections and the endpoint for compaction.
set -euo pipefail
source ci/common.sh
source ci/tools.sh

readonly TESTS=basic-response,assistant-phase,response-output-phase-schema,streaming-response,system-prompt,tool-calling,image-input,multi-turn

python=$(python_with open_responses jsonschema websockets)
suite=$SHARED/spec/open_responses
upstream_port=$(free_port)
gateway_port=$(free_port)
"$python" "$suite/chat_upstream.py" "$upstream_port" &
upstream=$!
log=$TOOLS/open_responses.log
"$BIN" serve --dialect chat --upstream "http://127.0.0.1:$upstream_port/v1" --listen "127.0.0.1:$gateway_port" >"$log" 2>&1 &
gateway=$!
trap 'kill "$upstream" "$gateway" 2>/dev/null || true' EXIT
wait_until_healthy "$gateway" "$gateway_port" "$log"
"$python" "$suite/check.py" --base-url "http://127.0.0.1:$gateway_port/v1" --key x --model m --set official --only "$TESTS"
