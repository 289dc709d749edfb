"""Starting the two programs under test: the Codex CLI and `interlingua`. Every wait has a limit."""

import json
import os
import select
import signal
import subprocess
import time

# Seconds that one run of the CLI, one run of ours and the start of the gateway may take.
CODEX_LIMIT = 60
OURS_LIMIT = 30
START_LIMIT = 10

MODEL = "gpt-5.5"
# One of the models whose tools ride inside the input.
LITE_MODEL = "gpt-6.1-sol"


def environment(home, **more):
    """As little as possible, and nothing of whoever runs this."""
    return {"PATH": os.environ["PATH"], "HOME": str(home), "CODEX_HOME": str(home), "TERM": "dumb", "LANG": "C.UTF-8", **more}


class Ended:
    """How a run of a program ended."""

    def __init__(self, status, stdout, stderr, took):
        self.status, self.stdout, self.stderr, self.took = status, stdout, stderr, took

    def __str__(self):
        return f"status {self.status}\n--- stdout\n{self.stdout}\n--- stderr\n{self.stderr}"

    @property
    def events(self):
        return [json.loads(line) for line in self.stdout.splitlines() if line.startswith("{")]

    def items(self, kind):
        ended = [event["item"] for event in self.events if event["type"] == "item.completed"]
        return [item for item in ended if item["type"] == kind]

    @property
    def said(self):
        """Every message of the assistant's that was shown."""
        return [item["text"] for item in self.items("agent_message")]

    @property
    def usage(self):
        return next((event["usage"] for event in self.events if event["type"] == "turn.completed"), None)

    @property
    def failure(self):
        return next((event["error"]["message"] for event in self.events if event["type"] == "turn.failed"), None)


def run(command, limit, **options):
    """Runs a command to its end, or to the end of its time; then all it has started ends too."""
    begun = time.monotonic()
    program = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        **options,
    )
    try:
        stdout, stderr = program.communicate(timeout=limit)
        status = program.returncode
    except subprocess.TimeoutExpired:
        os.killpg(program.pid, signal.SIGKILL)
        stdout, stderr = program.communicate()
        status = f"over its limit of {limit} s"
    return Ended(status, stdout, stderr, time.monotonic() - begun)


class Codex:
    """The CLI with a home and a working folder of its own."""

    def __init__(self, program, scratch):
        self.program = program
        self.home, self.work = scratch / "home", scratch / "work"
        self.home.mkdir(parents=True)
        self.work.mkdir()

    def configure(self, url, model=MODEL, key=True, sockets=False, **settings):
        """Makes the server at `url` its provider: with a key, or with the ChatGPT login of its home."""
        lines = {"model": model, "model_provider": "loopback", "check_for_update_on_startup": False, **settings}
        access = {"env_key": "LOOPBACK_KEY"} if key else {"requires_openai_auth": True}
        provider = {"name": "loopback", "base_url": url, "wire_api": "responses", "supports_websockets": sockets, **access}
        self.write(lines, {"model_providers.loopback": provider})

    def configure_built_in(self, url, model=MODEL, **settings):
        """Leaves it its own provider, which tries a WebSocket first, and only moves that to `url`."""
        self.write({"model": model, "openai_base_url": url, "check_for_update_on_startup": False, **settings}, {})

    def write(self, lines, tables):
        # Every value here is written alike in TOML and in JSON.
        text = [f"{name} = {json.dumps(value)}" for name, value in lines.items()]
        # No telemetry: a sealed-off program would only wait for it.
        tables = {**tables, "analytics": {"enabled": False}}
        for table, values in tables.items():
            text += [f"[{table}]"] + [f"{name} = {json.dumps(value)}" for name, value in values.items()]
        (self.home / "config.toml").write_text("\n".join(text) + "\n")

    def ask(self, prompt, *flags, resume=False, json_lines=True, limit=CODEX_LIMIT, **variables):
        """One turn: `codex exec`, without its own sandbox since all of this is one."""
        command = [self.program, "exec"] + ["resume", "--last"] * resume
        command += ["--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox"] + ["--json"] * json_lines
        env = environment(self.home, **{"LOOPBACK_KEY": "sk-loopback", **variables})
        return run([*command, *flags, prompt], limit, cwd=self.work, env=env)


class Gateway:
    """`interlingua serve`, until closed."""

    def __init__(self, binary, log, *flags, home, **variables):
        self.log = log
        env = environment(home, RUST_LOG="info", **variables)
        with open(log, "wb") as file:
            command = [binary, "serve", "--listen", "127.0.0.1:0", *flags]
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
        raise AssertionError(f"interlingua serve did not say where it listens within {START_LIMIT} s:\n{words}")

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
