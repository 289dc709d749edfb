"""What a check has at hand."""

import shutil

from claims import expect, same
from programs import Codex

__all__ = ["Place", "expect", "same"]


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
        while self.open:
            self.open.pop().close()
