"""The real Codex CLI against `interlingua`, on loopback alone: python3 ci/codex --help.

Meant to run inside a network namespace of its own (`unshare --net`), where there is nothing but loopback.
"""

import argparse
import fcntl
import pathlib
import socket
import struct
import sys
import time
import traceback

from check import Place

import bridge_checks
import login_checks
import socket_checks

CHECKS = login_checks.CHECKS + bridge_checks.CHECKS + socket_checks.CHECKS


def main():
    parser = argparse.ArgumentParser(prog="ci/codex", description=__doc__)
    parser.add_argument("--codex", required=True, type=pathlib.Path, help="the program of the npm package @openai/codex")
    parser.add_argument("--interlingua", required=True, type=pathlib.Path, help="the program to check")
    parser.add_argument("--scratch", required=True, type=pathlib.Path, help="a folder for what the programs write; emptied")
    parser.add_argument("--only", default="", help="only checks with this in their name")
    args = parser.parse_args()

    raise_loopback()
    if is_there_a_way_out():
        sys.exit("error: there is a network other than loopback; run this with `unshare --net`")
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


def raise_loopback():
    """A new namespace has a loopback that is down."""
    get_flags, set_flags, up = 0x8913, 0x8914, 0x1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        ask = struct.pack("16sh", b"lo", 0)
        _, flags = struct.unpack("16sh", fcntl.ioctl(any_socket, get_flags, ask))
        if not flags & up:
            fcntl.ioctl(any_socket, set_flags, struct.pack("16sh", b"lo", flags | up))


def is_there_a_way_out():
    """Whether any route leads elsewhere. (Some kernels give every namespace more interfaces, but those are down.)"""
    routes = pathlib.Path("/proc/net/route").read_text().splitlines()[1:]
    return any(not route.startswith("lo\t") for route in routes)


if __name__ == "__main__":
    main()
