#!/usr/bin/env bash
# Programs for the terminal that take a base URL, in front of the gateway and sealed off from every network: ci/agents/ says
# what is checked, docs/clients.md how each is configured. Words after the command choose programs; without any these that
# install in a moment.
set -euo pipefail
source ci/common.sh
source ci/tools.sh

need_binary
ensure_python
ensure_node

# version_of PROGRAM: which version the checks are about, from the one place that knows.
version_of() {
    (cd ci/agents && python3 -c "import programs, sys; print(programs.PROGRAMS[sys.argv[1]].version)" "$1")
}

declare -rA PACKAGES=(
    [opencode]=opencode-ai [qwen]=@qwen-code/qwen-code [cline]=cline [continue]=@continuedev/cli [aider]=aider-chat [llm]=llm
)

programs=("$@")
((${#programs[@]})) || programs=(opencode aider qwen llm)
export npm_config_fetch_timeout=60000 npm_config_fetch_retries=1
ensure_uv
there=()
# What people read is what was run.
for program in "${!PACKAGES[@]}"; do
    grep -q "| $(version_of "$program") |" docs/clients.md || die "docs/clients.md does not say that $program was run as $(version_of "$program")"
done
for program in "${programs[@]}"; do
    [[ -n ${PACKAGES[$program]:-} ]] || die "no program \`$program\`; there are: ${!PACKAGES[*]}"
    version=$(version_of "$program")
    case $program in
        aider | llm) install=(python_with "$program" "${PACKAGES[$program]}==$version") ;;
        *) install=(node_with "$program" "${PACKAGES[$program]}@$version") ;;
    esac
    marker=$TOOLS/$program-$version
    if [[ -e $marker ]] || "${install[@]}" >/dev/null; then
        touch "$marker"
        there+=("$program")
    else
        echo "skipped: $program $version could not be installed here"
    fi
done
((${#there[@]})) || exit 0
sealed "${there[*]}"
exec "${SEALED[@]}" python3 ci/agents --interlingua "$BIN" --tools "$TOOLS" --scratch "$TOOLS/agents" "${there[@]}"
