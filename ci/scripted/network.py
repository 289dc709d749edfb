"""The network namespace that the programs run in, where there is nothing but loopback."""

import fcntl
import pathlib
import socket
import struct
import sys


def sealed():
    """Ends the program unless nothing but loopback can be reached from here."""
    raise_loopback()
    if is_there_a_way_out():
        sys.exit("error: there is a network other than loopback; run this with `unshare --net`")


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
