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

sealed "the Codex CLI"
exec "${SEALED[@]}" python3 ci/codex --codex "$codex" --interlingua "$BIN" --scratch "$TOOLS/codex" "$@"
