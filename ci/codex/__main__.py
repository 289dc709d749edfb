"""The real Codex CLI against `interlingua`, on loopback alone: python3 ci/codex --help.

Meant to run inside a network namespace of its own (`unshare --net`), where there is nothing but loopback.
"""

import argparse
import pathlib
import sys
import time
import traceback

# The servers, which other checks share.
sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "scripted"))

from check import Place
from network import sealed

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


def main():
    parser = argparse.ArgumentParser(prog="ci/codex", description=__doc__)
    parser.add_argument("--codex", required=True, type=pathlib.Path, help="the program of the npm package @openai/codex")
    parser.add_argument("--interlingua", required=True, type=pathlib.Path, help="the program to check")
    parser.add_argument("--scratch", required=True, type=pathlib.Path, help="a folder for what the programs write; emptied")
    parser.add_argument("--only", default="", help="only checks with this in their name")
    args = parser.parse_args()

    sealed()
    failed = []
    for check in CHECKS:
        name = check.__name__.removeprefix("check_").replace("_", " ")
        if args.only.replace("_", " ") not in name:
            continue
        begun = time.monotonic()
        place = Place(args.scratch.resolve() / check.__name__, args.codex.resolve(), args.interlingua.resolve())
        problem = None
        try:
            check(place)
        except AssertionError as found:
            problem = str(found)
        except Exception:  # noqa: BLE001 - one broken check must not hide the others
            problem = traceback.format_exc()
        finally:
            place.close()
        print(f"{'FAILED' if problem else 'ok':7} {name} ({time.monotonic() - begun:.1f} s)", flush=True)
        if problem:
            print("        " + problem.replace("\n", "\n        "), flush=True)
            failed.append(name)
    if failed:
        sys.exit(f"{len(failed)} failed")


if __name__ == "__main__":
    main()
