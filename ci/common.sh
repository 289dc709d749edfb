# What every step knows: places, and how to say that something is missing.
# shellcheck shell=bash

readonly TARGET=${CARGO_TARGET_DIR:-target}
readonly BIN=$TARGET/release/interlingua
# Tools and environments that the checks install; kept between runs.
readonly TOOLS=$TARGET/ci
# Checks that are not part of the repository: cases, an independent judge, client programs. Used where they lie beside the checkout.
readonly SHARED=../shared

export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-never}
export INSTA_UPDATE=no
export PYTHONDONTWRITEBYTECODE=1
# No request to this machine may take the way through a proxy.
export NO_PROXY=127.0.0.1,localhost no_proxy=127.0.0.1,localhost

die() {
    echo "error: $*" >&2
    exit 1
}

need_binary() {
    [[ -x $BIN ]] || die "$BIN is missing: the step \`build\` has failed or was not run"
}

# Ends the step, well, where a check that is not part of the repository is not there.
need_shared() {
    [[ -e $SHARED/$1 ]] || {
        echo "skipped: there is no $SHARED/$1"
        exit 0
    }
}

# sealed PROGRAM: sets SEALED, which runs a command in a network of its own with nothing but loopback; ends the step, well,
# where there is no such thing.
sealed() {
    if unshare --net true 2>/dev/null; then
        SEALED=(unshare --net)
    elif unshare --map-root-user --net true 2>/dev/null; then
        SEALED=(unshare --map-root-user --net)
    else
        echo "skipped: no network namespace can be made here (unshare --net), and $1 is not run without one"
        exit 0
    fi
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# wait_until_healthy PID PORT LOG: until the gateway answers, or its output where it does not.
wait_until_healthy() {
    local attempt
    for attempt in {1..100}; do
        kill -0 "$1" 2>/dev/null || break
        if python3 -c "import urllib.request as u; u.urlopen('http://127.0.0.1:$2/healthz', timeout=1)" 2>/dev/null; then
            return
        fi
        sleep 0.1
    done
    cat "$3" >&2
    die "interlingua serve did not answer /healthz after $attempt attempts; its output is above"
}
