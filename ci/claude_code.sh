#!/usr/bin/env bash
# The real Claude Code against `interlingua serve`, sealed off from every network: ci/claude_code/ says what is checked.
# Words after the command choose checks: `bash ci/claude_code.sh --only thinking`.
set -euo pipefail
source ci/common.sh
source ci/tools.sh

readonly CLAUDE_CODE_VERSION=2.1.332
# How long npm may try, per attempt.
export npm_config_fetch_timeout=60000 npm_config_fetch_retries=1

need_binary
ensure_python
ensure_node

claude=$TOOLS/node-claude-code-$CLAUDE_CODE_VERSION/node_modules/.bin/claude
# npm says nothing of its own where it fails.
[[ -x $claude ]] || node_with "claude-code-$CLAUDE_CODE_VERSION" "@anthropic-ai/claude-code@$CLAUDE_CODE_VERSION" >/dev/null || true
if ! "$claude" --version >/dev/null 2>&1; then
    echo "skipped: npm could not fetch @anthropic-ai/claude-code@$CLAUDE_CODE_VERSION for this machine"
    exit 0
fi
sealed "Claude Code"
exec "${SEALED[@]}" python3 ci/claude_code --claude "$claude" --interlingua "$BIN" --scratch "$TOOLS/claude_code" "$@"
