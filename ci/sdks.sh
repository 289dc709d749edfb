#!/usr/bin/env bash
# The SDKs of one API over servers of another: Anthropic's and what builds on them over Responses and Chat Completions, OpenAI's
# and what builds on them over Messages. The servers make up their answers and judge what they are asked (ci/scripted/improvise.py); ci/sdks/ says what is checked.
set -euo pipefail
source ci/common.sh
source ci/tools.sh

readonly SDK_LIMIT=120

need_binary
ensure_python
ensure_node

mkdir -p "$TOOLS/sdks"
anthropic_python=$(python_with anthropic anthropic==2.14.0 langchain-anthropic==1.7.10)
openai_python=$(python_with smoke_openai openai==3.54.0)
anthropic_node=$(node_with anthropic @anthropic-ai/sdk@1 ai@6 @ai-sdk/anthropic@3 zod)
openai_node=$(node_with smoke_openai openai@6 zod)
agents_python=$(python_with agents openai-agents==0.24.0)
agents_node=$(node_with agents @openai/agents@0.20.0 zod)
litellm_python=$(python_with litellm litellm==1.110.2)
instructor_python=$(python_with instructor instructor==1.17.0 anthropic==2.14.0)
# Node finds packages from the place of the program.
cp ci/sdks/anthropic_sdk.mjs ci/sdks/aisdk_anthropic.mjs "$anthropic_node/"
cp ci/sdks/openai_sdk.mjs "$openai_node/"
cp ci/sdks/agents_sdk.mjs "$agents_node/"

running=()
trap 'kill "${running[@]}" 2>/dev/null || true' EXIT

# over API [FLAG..]: a server of that API and a gateway over it; sets BASE_URL and LOG.
over() {
    local api=$1 port upstream
    shift
    LOG=$TOOLS/sdks/$api
    upstream=$(free_port)
    python3 ci/scripted/improvise.py "$api" "$upstream" >"$LOG.upstream" 2>&1 &
    running+=("$!")
    port=$(free_port)
    "$BIN" serve --dialect "$api" --upstream "http://127.0.0.1:$upstream/v1" "$@" --listen "127.0.0.1:$port" >"$LOG.serve" 2>&1 &
    running+=("$!")
    wait_until_healthy "$!" "$port" "$LOG.serve"
    export BASE_URL=http://127.0.0.1:$port
}

failed=0
# checked COMMAND..: side by side with the others over the same server; `ended` waits for all.
checked() {
    local name
    name=$(basename "${!#}")
    timeout --kill-after=5 "$SDK_LIMIT" "$@" >"$LOG.$name" 2>&1 &
    asking+=("$! $name")
}

# ended API: says how each went, and what the server has to complain of.
ended() {
    local each pid name
    for each in "${asking[@]}"; do
        read -r pid name <<<"$each"
        if wait "$pid"; then
            echo "ok      $name over $1: $(sed -n 's/^ok //p' "$LOG.$name" | paste -sd, | sed 's/,/, /g')"
        else
            echo "FAILED  $name over $1"
            cat "$LOG.$name"
            failed=1
        fi
    done
    asking=()
    if grep complaint "$LOG.upstream"; then
        echo "FAILED  what the server of $1 has to complain of is above"
        failed=1
    fi
}

asking=()
for api in responses chat; do
    over "$api"
    checked "$anthropic_python" ci/sdks/anthropic_sdk.py
    checked "$anthropic_python" ci/sdks/langchain_anthropic_chat.py
    checked node "$anthropic_node/anthropic_sdk.mjs"
    checked node "$anthropic_node/aisdk_anthropic.mjs"
    ended "$api"
done
over messages
checked "$openai_python" ci/sdks/openai_sdk.py
checked node "$openai_node/openai_sdk.mjs"
checked "$agents_python" ci/sdks/agents_sdk.py
checked node "$agents_node/agents_sdk.mjs"
checked "$litellm_python" ci/sdks/litellm_client.py
checked "$instructor_python" ci/sdks/instructor_client.py
ended messages
exit "$failed"
