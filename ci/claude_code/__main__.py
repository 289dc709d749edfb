"""The real Claude Code against `interlingua serve`, on loopback alone: python3 ci/claude_code --help.

Meant to run inside a network namespace of its own (`unshare --net`), where there is nothing but loopback.
"""

import pathlib
import sys

# The servers, which other checks share.
sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "scripted"))

from case import KINDS, Case
from network import sealed
from plan import arguments, carry_out, chosen, judge, name_of

import checks

# How many run at a time: a run of the client takes a core for a second, and then waits.
AT_ONCE = 4


def main():
    args = arguments("claude_code", __doc__, "claude", "the program of @anthropic-ai/claude-code").parse_args()
    sealed()

    def case_of(check, kind):
        scratch = args.scratch.resolve() / f"{check.__name__}-{kind}"
        return lambda: Case(kind, scratch, args.claude.resolve(), args.interlingua.resolve())

    pairs = [(check, kind) for check in checks.CHECKS for kind in checks.ONLY.get(check, KINDS)]
    plan = [(f"{name_of(check)}, over {kind}", check, case_of(check, kind)) for check, kind in pairs]
    plan = chosen(plan, args.only)
    judge(plan, carry_out(plan, AT_ONCE))


if __name__ == "__main__":
    main()
