#!/usr/bin/env bash
# The real Codex CLI against `interlingua`, sealed off from every network: ci/codex/ says what is checked.
# Words after the command choose checks: `bash ci/codex.sh --only renews`.
set -euo pipefail
source ci/common.sh
source ci/tools.sh

readonly CODEX_VERSION=0.169.0
# How long npm may try, per attempt.
export npm_config_fetch_timeout=60000 npm_config_fetch_retries=1

need_binary
ensure_python
ensure_node

codex=$TOOLS/node-codex-$CODEX_VERSION/node_modules/.bin/codex
# npm says nothing of its own where it fails.
[[ -x $codex ]] || node_with "codex-$CODEX_VERSION" "@openai/codex@$CODEX_VERSION" >/dev/null || true
if ! "$codex" --version >/dev/null 2>&1; then
    echo "skipped: npm could not fetch @openai/codex@$CODEX_VERSION for this machine"
    exit 0
fi

# A network of its own, with nothing but loopback.
if unshare --net true 2>/dev/null; then
    sealed=(unshare --net)
elif unshare --map-root-user --net true 2>/dev/null; then
    sealed=(unshare --map-root-user --net)
else
    echo "skipped: no network namespace can be made here (unshare --net), and the Codex CLI is not run without one"
    exit 0
fi

export PYTHONDONTWRITEBYTECODE=1
exec "${sealed[@]}" python3 ci/codex --codex "$codex" --interlingua "$BIN" --scratch "$TOOLS/codex" "$@"
