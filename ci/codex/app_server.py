"""The CLI as editors run it, over its own protocol: what `codex exec` has no words for. Every wait has a limit."""

import json
import queue
import subprocess
import threading
import time

from check import expect
from programs import environment

# Seconds that anything may take.
LIMIT = 20


class AppServer:
    """`codex app-server` with one conversation."""

    def __init__(self, place):
        self.log = place.scratch / "app-server.log"
        with open(self.log, "wb") as log:
            self.program = subprocess.Popen(
                [place.codex.program, "app-server"],
                cwd=place.codex.work,
                env=environment(place.codex.home),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        self.count, self.said = 0, []
        self.lines = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()
        self.ask("initialize", clientInfo={"name": "loopback", "title": "loopback", "version": "1"})
        self.write({"method": "initialized", "params": {}})
        started = self.ask("thread/start", approvalPolicy="never", sandbox="danger-full-access")
        self.thread = started["thread"]["id"]

    def read(self):
        for line in self.program.stdout:
            self.lines.put(json.loads(line))

    def write(self, message):
        self.program.stdin.write(json.dumps(message) + "\n")
        self.program.stdin.flush()

    def ask(self, method, **params):
        """The result of a request."""
        self.count += 1
        number = self.count
        self.write({"id": number, "method": method, "params": params})
        message = self.until(lambda message: message.get("id") == number, f"an answer to {method}")
        expect("result" in message, f"{method} goes well", message)
        return message["result"]

    def told(self, method):
        """The next time that something is told."""
        return self.until(lambda message: message.get("method") == method, method)["params"]

    def until(self, holds, claim):
        until = time.monotonic() + LIMIT
        while True:
            try:
                message = self.lines.get(timeout=max(0.01, until - time.monotonic()))
            except queue.Empty:
                expect(False, claim, *self.said[-10:], self.log.read_text(errors="replace")[-2000:])
            self.said.append(message)
            if holds(message):
                return message

    def close(self):
        self.program.kill()
        self.program.wait()
