#!/usr/bin/env bash
# The Open Responses specification, over HTTP and WebSocket: in front of a scripted Chat upstream in both of its habits, and
# in front of the recorded one.
set -euo pipefail
source ci/common.sh
source ci/tools.sh

python=$(python_with open_responses jsonschema websockets)
suite=$SHARED/spec/open_responses
log=$TOOLS/open_responses.log
running=()
trap 'kill "${running[@]}" 2>/dev/null || true' EXIT

# checked KIND UPSTREAM: all tests of that kind, over a gateway of its own.
checked() {
    local kind=$1 port gateway
    port=$(free_port)
    "$BIN" serve --dialect chat --upstream "$2" --listen "127.0.0.1:$port" >"$log" 2>&1 &
    gateway=$!
    running+=("$gateway")
    wait_until_healthy "$gateway" "$port" "$log"
    "$python" "$suite/check.py" --base-url "http://127.0.0.1:$port/v1" --key x --model gpt-5.4 --upstream "$kind"
}

# The second habit is that of many local servers: they take what makes no sense, and give every reply one id.
for habits in "" "--lenient --same-id"; do
    port=$(free_port)
    # shellcheck disable=SC2086 # no habit is no word
    "$python" "$suite/chat_upstream.py" "$port" $habits &
    running+=("$!")
    checked scripted "http://127.0.0.1:$port/v1"
done
checked other replay
