#!/usr/bin/env bash
# Runs one step of .ci/run, in a shell of its own.
set -euo pipefail
source ci/common.sh
source ci/tools.sh
source ci/steps.sh
"step_$1"
