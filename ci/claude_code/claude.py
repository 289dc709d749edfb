"""Claude Code as the program under test. Every wait has a limit."""

import json
import queue
import subprocess
import threading
import time

import running
from claims import expect
from running import environment

# Seconds that one run of it, and one turn of a session, may take.
CLAUDE_LIMIT = 60
TURN_LIMIT = 40
# What it may use without asking anybody.
TOOLS = "Bash,Read,ToolSearch,WebSearch,NotebookEdit"


class Ended(running.Ended):
    """How a run ended, by its lines of JSON."""

    @property
    def events(self):
        return [json.loads(line) for line in self.stdout.splitlines() if line.startswith("{")]

    @property
    def said(self):
        """Every text of the model's that was shown, whole."""
        return texts_of(self.events)

    @property
    def streamed(self):
        """Every text of the model's as it was shown piece by piece."""
        deltas = [event["event"].get("delta", {}) for event in self.events if event["type"] == "stream_event"]
        return "".join(delta["text"] for delta in deltas if delta.get("type") == "text_delta")

    @property
    def result(self):
        return next((event for event in reversed(self.events) if event["type"] == "result"), {})

    @property
    def failed(self):
        return self.result.get("is_error", True)


def texts_of(events):
    """The texts of the model's in whole messages; what the program itself says in the model's place is not among them."""
    messages = [event["message"] for event in events if event["type"] == "assistant"]
    blocks = [block for message in messages if message.get("model") != "<synthetic>" for block in message["content"]]
    return [block["text"] for block in blocks if block["type"] == "text"]


class Claude:
    """The program with a home and a working folder of its own, in front of the server at `url`."""

    def __init__(self, program, scratch, url):
        self.program, self.url = program, url
        self.home, self.work = scratch / "home", scratch / "work"
        self.home.mkdir(parents=True)
        self.work.mkdir()
        # Otherwise it tells the model of the repository that the folder lies in.
        subprocess.run(["git", "init", "--quiet"], cwd=self.work, env=environment(self.home), check=True)

    def command(self, *flags):
        shown = ["--output-format", "stream-json", "--verbose", "--include-partial-messages"]
        return [self.program, "--print", *shown, "--allowedTools", TOOLS, *flags]

    def environment(self, **variables):
        return environment(
            self.home,
            SHELL="/bin/bash",
            ANTHROPIC_BASE_URL=self.url,
            ANTHROPIC_API_KEY="sk-loopback",
            CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC="1",
            **variables,
        )

    def ask(self, prompt, *flags, limit=CLAUDE_LIMIT, **variables):
        """One turn in a run of its own."""
        return running.run(
            self.command(*flags), limit, Ended, feed=prompt, cwd=self.work, env=self.environment(**variables)
        )


class Session:
    """A run with several turns."""

    def __init__(self, claude, *flags, log, **variables):
        self.log, self.events = log, []
        with open(log, "wb") as file:
            self.program = subprocess.Popen(
                claude.command("--input-format", "stream-json", *flags),
                cwd=claude.work,
                env=claude.environment(**variables),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=file,
                text=True,
                start_new_session=True,
            )
        self.lines = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.program.stdout:
            if line.startswith("{"):
                self.lines.put(json.loads(line))

    def turn(self, prompt):
        """The result of a turn, and the texts of the model's that were shown in it."""
        message = {"type": "user", "message": {"role": "user", "content": [{"type": "text", "text": prompt}]}}
        self.program.stdin.write(json.dumps(message) + "\n")
        self.program.stdin.flush()
        until, events = time.monotonic() + TURN_LIMIT, []
        while True:
            try:
                event = self.lines.get(timeout=max(0.01, until - time.monotonic()))
            except queue.Empty:
                expect(False, f"a turn ends within {TURN_LIMIT} s", *events[-10:], self.log.read_text(errors="replace")[-2000:])
            events.append(event)
            self.events.append(event)
            if event["type"] == "result":
                return event, texts_of(events)

    def close(self):
        self.program.kill()
        self.program.wait()
