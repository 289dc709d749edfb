"""What a check has at hand."""

import shutil

from programs import Codex


class Place:
    """A scratch folder, the two programs, and everything that has to be closed at the end."""

    def __init__(self, scratch, codex, interlingua):
        self.scratch, self.interlingua = scratch, interlingua
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        self.codex = Codex(codex, scratch)
        self.open = []

    def keep(self, server):
        """Closes it after the check."""
        self.open.append(server)
        return server

    def close(self):
        for server in reversed(self.open):
            server.close()


def expect(holds, claim, *evidence):
    """Ends the check unless the claim holds."""
    if not holds:
        raise AssertionError("\n".join([f"not so: {claim}", *map(str, evidence)]))


def same(found, wanted, what, *evidence):
    """Ends the check unless two values are the same."""
    expect(found == wanted, f"{what} should be {wanted!r} and is {found!r}", *evidence)
