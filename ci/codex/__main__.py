"""The real Codex CLI against `interlingua`, on loopback alone: python3 ci/codex --help.

Meant to run inside a network namespace of its own (`unshare --net`), where there is nothing but loopback.
"""

import pathlib
import sys

# The servers, which other checks share.
sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "scripted"))

from check import Place
from network import sealed
from plan import arguments, carry_out, chosen, judge, name_of

import bridge_checks
import capture_checks
import login_checks
import messages_checks
import socket_checks
import thoughts_checks

CHECKS = (
    login_checks.CHECKS
    + bridge_checks.CHECKS
    + socket_checks.CHECKS
    + messages_checks.CHECKS
    + capture_checks.CHECKS
    + thoughts_checks.CHECKS
)
# How many run at a time: a run of the CLI takes a core for half a second, and then waits.
AT_ONCE = 3


def main():
    args = arguments("codex", __doc__, "codex", "the program of the npm package @openai/codex").parse_args()
    sealed()

    def place_of(check):
        return lambda: Place(args.scratch.resolve() / check.__name__, args.codex.resolve(), args.interlingua.resolve())

    plan = chosen([(name_of(check), check, place_of(check)) for check in CHECKS], args.only)
    judge(plan, carry_out(plan, AT_ONCE))


if __name__ == "__main__":
    main()
