"""The Codex CLI as the program under test. Every wait has a limit."""

import json

import running
from running import Gateway

__all__ = ["CODEX_LIMIT", "OURS_LIMIT", "MODEL", "LITE_MODEL", "Codex", "Ended", "Gateway", "environment", "run"]

# Seconds that one run of the CLI and one run of ours may take.
CODEX_LIMIT = 60
OURS_LIMIT = 30

MODEL = "gpt-5.5"
# One of the models whose tools ride inside the input.
LITE_MODEL = "gpt-6.1-sol"


def environment(home, **more):
    """As little as possible, and nothing of whoever runs this."""
    return running.environment(home, CODEX_HOME=str(home), **more)


class Ended(running.Ended):
    """How a run of the CLI ended, by its lines of JSON."""

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
    return running.run(command, limit, Ended, **options)


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
