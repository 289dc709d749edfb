"""Running programs: `interlingua serve`, and what talks to it. Every wait has a limit."""

import os
import select
import signal
import subprocess
import time

# Seconds that the start of the gateway may take.
START_LIMIT = 10


def environment(home, **more):
    """As little as possible, and nothing of whoever runs this."""
    return {"PATH": os.environ["PATH"], "HOME": str(home), "TERM": "dumb", "LANG": "C.UTF-8", **more}


class Ended:
    """How a run of a program ended."""

    def __init__(self, status, stdout, stderr, took):
        self.status, self.stdout, self.stderr, self.took = status, stdout, stderr, took

    def __str__(self):
        return f"status {self.status}\n--- stdout\n{self.stdout}\n--- stderr\n{self.stderr}"


def run(command, limit, ended=Ended, feed=None, **options):
    """Runs a command to its end, or to the end of its time; then all it has started ends too. `feed` is its input."""
    begun = time.monotonic()
    program = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL if feed is None else subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        **options,
    )
    try:
        stdout, stderr = program.communicate(feed, timeout=limit)
        status = program.returncode
    except subprocess.TimeoutExpired:
        os.killpg(program.pid, signal.SIGKILL)
        stdout, stderr = program.communicate()
        status = f"over its limit of {limit} s"
    return ended(status, stdout, stderr, time.monotonic() - begun)


class Running:
    """A command of ours that serves, until closed."""

    def __init__(self, command, log, home, **variables):
        self.log = log
        env = environment(home, CODEX_HOME=str(home), RUST_LOG="info", **variables)
        with open(log, "wb") as file:
            self.program = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, env=env, start_new_session=True
            )
        self.url = self.address()

    def address(self):
        """Where it listens, as it says itself."""
        until = time.monotonic() + START_LIMIT
        while time.monotonic() < until and self.program.poll() is None:
            for word in self.words().split():
                if word.startswith("http://127.0.0.1:") and word.endswith("/v1"):
                    return word.removesuffix("/v1")
            select.select([], [], [], 0.05)
        words = self.words()
        self.close()
        raise AssertionError(f"interlingua did not say where it listens within {START_LIMIT} s:\n{words}")

    def words(self):
        return self.log.read_text(errors="replace")

    def close(self):
        if self.program.poll() is None:
            self.program.terminate()
            try:
                self.program.wait(timeout=5)
            except subprocess.TimeoutExpired:
                self.program.kill()
                self.program.wait()


class Gateway(Running):
    """`interlingua serve`."""

    def __init__(self, binary, log, *flags, home, **variables):
        super().__init__([binary, "serve", "--listen", "127.0.0.1:0", *flags], log, home, **variables)


class Replay(Running):
    """`interlingua replay`."""

    def __init__(self, binary, log, folder, home):
        super().__init__([binary, "replay", str(folder)], log, home)
