"""Checks of a program by name, some at a time: what the folders beside this one have in common."""

import argparse
import concurrent.futures
import pathlib
import sys
import time
import traceback


def arguments(folder, about, program, what):
    """A parser of what every such folder is told; `program` is checked against ours."""
    parser = argparse.ArgumentParser(prog=f"ci/{folder}", description=about)
    if program:
        parser.add_argument(f"--{program}", required=True, type=pathlib.Path, help=what)
    parser.add_argument("--interlingua", required=True, type=pathlib.Path, help="the program to check")
    parser.add_argument("--scratch", required=True, type=pathlib.Path, help="a folder for what the programs write; emptied")
    if program:
        parser.add_argument("--only", default="", help="only checks with this in their name")
    return parser


def name_of(check):
    """What a check shows, from its name."""
    return check.__name__.removeprefix("check_").replace("_", " ")


def chosen(plan, only):
    """The entries with these words in their name."""
    return [entry for entry in plan if only.replace("_", " ") in entry[0]]


def carry_out(plan, at_once):
    """Makes each check of the plan, so many at a time, and prints how it went; gives the names of those that failed.

    An entry is a name, a check, and what makes the place that the check is given, which is closed after it.
    """
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        went_well = list(pool.map(lambda entry: carried_out(*entry), plan))
    return [name for (name, _, _), well in zip(plan, went_well) if not well]


def carried_out(name, check, make):
    begun = time.monotonic()
    problem = None
    place = make()
    try:
        check(place)
    except AssertionError as found:
        problem = str(found)
    except Exception:  # noqa: BLE001 - one broken check must not hide the others
        problem = traceback.format_exc()
    finally:
        place.close()
    lines = [f"{'FAILED' if problem else 'ok':7} {name} ({time.monotonic() - begun:.1f} s)"]
    if problem:
        lines.append("        " + problem.replace("\n", "\n        "))
    print("\n".join(lines), flush=True)
    return problem is None


def judge(plan, failed):
    """Ends the program in the way that the checks did."""
    if failed:
        sys.exit(f"{len(failed)} of {len(plan)} failed: {'; '.join(failed)}")
    print(f"{len(plan)} checks, all well")
