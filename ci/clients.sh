#!/usr/bin/env bash
# Real client programs against `interlingua serve --upstream replay`, each in an environment of its own and in both of its
# languages: Chat Completions over a Responses upstream, then Responses over a Chat upstream. Then the official SDKs over an
# upstream that speaks their own API and does everything wrong: they have to see an error, never an empty answer.
set -euo pipefail
source ci/common.sh
source ci/tools.sh

# program, runtime, packages
readonly CLIENTS=(
    "smoke_openai.py python openai==3.54.0"
    "smoke_openai.mjs node openai@6 zod"
    "smoke_aisdk.mjs node ai@6 @ai-sdk/openai-compatible@2 @ai-sdk/openai@3 zod"
    "smoke_langchain.py python langchain-openai==1.7.3"
    "smoke_pydantic_ai.py python pydantic-ai-slim[openai]==2.68.0"
)
readonly CLIENT_LIMIT=120

need_binary
ensure_python
ensure_node

mkdir -p "$TOOLS"
log=$TOOLS/serve.log
: >"$log"
server=
liar=
trap 'kill $server $liar 2>/dev/null || true' EXIT

# serve DIALECT [UPSTREAM]: what the upstream is to speak, and which it is if not the replay.
serve() {
    if [[ -n $server ]]; then
        kill "$server"
        wait "$server" || true
    fi
    port=$(free_port)
    "$BIN" serve --upstream "${2:-replay}" --dialect "$1" --listen "127.0.0.1:$port" >>"$log" 2>&1 &
    server=$!
    wait_until_healthy "$server" "$port" "$log"
    export BASE_URL=http://127.0.0.1:$port/v1
}

export API_KEY=x MODEL=gpt-5.5

failed=0
# run DESCRIPTION [VARIABLE=VALUE]: all of them side by side, in an environment with the variable.
run() {
    local what=$1 client program runtime packages name command place each pid status asking=()
    shift
    for client in "${CLIENTS[@]}"; do
        read -r program runtime packages <<<"$client"
        name=${program%.*}
        # shellcheck disable=SC2086 # one word a package
        if [[ $runtime == python ]]; then
            command=("$(python_with "$name" $packages)" "$SHARED/clients/$program")
        else
            # Node finds packages from the place of the program.
            place=$(node_with "$name" $packages)
            cp "$SHARED/clients/$program" "$place/"
            command=(node "$place/$program")
        fi
        timeout --kill-after=5 "$CLIENT_LIMIT" env "$@" "${command[@]}" >"$TOOLS/$program.log" 2>&1 &
        asking+=("$! $program")
    done
    for each in "${asking[@]}"; do
        read -r pid program <<<"$each"
        status=0
        wait "$pid" || status=$?
        printf -- '-- %s: %s\n' "$what" "$program"
        cat "$TOOLS/$program.log"
        if ((status)); then
            echo "FAILED $program, $what (status $status)"
            failed=1
        fi
    done
}

# lies DIALECT: what the SDKs make of an upstream that does everything wrong.
lies() {
    local place
    printf -- '-- what goes wrong, in %s\n' "$1"
    serve "$1" "http://127.0.0.1:$liar_port/v1"
    timeout --kill-after=5 "$CLIENT_LIMIT" "$(python_with smoke_openai openai==3.54.0)" ci/faults/client.py "$1" || failed=1
    place=$(node_with smoke_openai openai@6 zod)
    cp ci/faults/client.mjs "$place/"
    # shellcheck disable=SC2046 # one word a fault
    timeout --kill-after=5 "$CLIENT_LIMIT" node "$place/client.mjs" "$1" $(sed -n 's/^    "\(.*\)": (.*/\1/p' ci/faults/upstream.py) ||
        failed=1
}

serve responses
run "Chat over Responses"
serve chat
run "Responses over Chat" RESPONSES=2
liar_port=$(free_port)
python3 ci/faults/upstream.py "$liar_port" >>"$log" 2>&1 &
liar=$!
lies chat
lies responses
if ((failed)); then
    echo "-- the server's last words"
    tail -n 40 "$log"
fi
exit "$failed"
