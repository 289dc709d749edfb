"""The real Claude Code against `interlingua serve`, on loopback alone: python3 ci/claude_code --help.

Meant to run inside a network namespace of its own (`unshare --net`), where there is nothing but loopback.
"""

import argparse
import concurrent.futures
import pathlib
import sys
import time
import traceback

# The servers, which other checks share.
sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "scripted"))

from case import KINDS, Case
from network import sealed

import checks

# How many run at a time: a run of the client takes a core for a second, and then waits.
AT_ONCE = 4


def main():
    parser = argparse.ArgumentParser(prog="ci/claude_code", description=__doc__)
    parser.add_argument("--claude", required=True, type=pathlib.Path, help="the program of @anthropic-ai/claude-code")
    parser.add_argument("--interlingua", required=True, type=pathlib.Path, help="the program to check")
    parser.add_argument("--scratch", required=True, type=pathlib.Path, help="a folder for what the programs write; emptied")
    parser.add_argument("--only", default="", help="only checks with this in their name")
    args = parser.parse_args()

    sealed()
    plan = [(check, kind) for check in checks.CHECKS for kind in checks.ONLY.get(check, KINDS)]
    plan = [(check, kind) for check, kind in plan if args.only.replace("_", " ") in name_of(check, kind)]
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        ended = pool.map(lambda each: run(*each, args), plan)
        failed = [name_of(*each) for each, went_well in zip(plan, ended) if not went_well]
    if failed:
        sys.exit(f"{len(failed)} of {len(plan)} failed: {'; '.join(failed)}")
    print(f"{len(plan)} checks, all well")


def name_of(check, kind):
    return f"{check.__name__.removeprefix('check_').replace('_', ' ')}, over {kind}"


def run(check, kind, args):
    begun = time.monotonic()
    scratch = args.scratch.resolve() / f"{check.__name__}-{kind}"
    case = Case(kind, scratch, args.claude.resolve(), args.interlingua.resolve())
    problem = None
    try:
        check(case)
    except AssertionError as found:
        problem = str(found)
    except Exception:  # noqa: BLE001 - one broken check must not hide the others
        problem = traceback.format_exc()
    finally:
        case.close()
    lines = [f"{'FAILED' if problem else 'ok':7} {name_of(check, kind)} ({time.monotonic() - begun:.1f} s)"]
    if problem:
        lines.append("        " + problem.replace("\n", "\n        "))
    print("\n".join(lines), flush=True)
    return problem is None


if __name__ == "__main__":
    main()
