"""Programs for the terminal that take a base URL: how each is told of the gateway, and asked.

What stands here is what `docs/clients.md` tells people to write.
"""

import json

KEY = "any-value"
MODEL = "gpt-5.5"
# The server does not have it.
MISSING = "missing"


class Program:
    """`shows_tool`: what it shows of a tool's result comes from the model. `None`: it has no tools."""

    tool = None

    def __init__(self, place):
        self.place = place
        self.configure(f"{place.url}/v1")

    def configure(self, url):
        """Writes what the program reads, and sets `variables`."""
        self.variables = {}

    def close(self):
        """Every run of it has ended."""

    def shell(self, command):
        """The prompt by which the server calls the program's tool for a command."""
        name, arguments = self.tool(command)
        return f"call {name} {json.dumps(arguments)}"


class OpenCode(Program):
    version = "1.18.33"

    def configure(self, url):
        models = {name: {} for name in (MODEL, MISSING)}
        options = {"baseURL": url, "apiKey": KEY}
        provider = {"npm": "@ai-sdk/openai-compatible", "options": options, "models": models}
        (self.place.work / "opencode.json").write_text(json.dumps({"provider": {"interlingua": provider}}))
        self.variables = {}

    @staticmethod
    def tool(command):
        return "bash", {"command": command, "description": "As it was told"}

    def ask(self, prompt, model):
        return [self.place.node("opencode", "opencode"), "run", "-m", f"interlingua/{model}", prompt]


class QwenCode(Program):
    version = "0.24.4"

    def configure(self, url):
        self.variables = {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": KEY}

    @staticmethod
    def tool(command):
        return "run_shell_command", {"command": command, "is_background": False}

    def ask(self, prompt, model):
        flags = ["--auth-type", "openai", "--model", model, "--approval-mode", "yolo"]
        return ["node", self.place.node("qwen", "qwen"), *flags, "--prompt", prompt]


class Cline(Program):
    version = "3.0.65"

    def configure(self, url):
        provider = {"provider": "openai-compatible", "apiKey": KEY, "model": MODEL, "baseUrl": url}
        settings = self.place.home / ".cline" / "data" / "settings"
        settings.mkdir(parents=True)
        entry = {"settings": provider, "updatedAt": "2026-01-01T00:00:00.000Z", "tokenSource": "manual"}
        known = {"version": 1, "lastUsedProvider": "openai-compatible", "modes": {}, "providers": {"openai-compatible": entry}}
        (settings / "providers.json").write_text(json.dumps(known))
        self.variables = {}

    @staticmethod
    def tool(command):
        return "run_commands", {"commands": [command]}

    def ask(self, prompt, model):
        return [self.place.node("cline", "cline"), "-P", "openai-compatible", "-m", model, prompt]


class Continue(Program):
    version = "1.5.47"

    def configure(self, url):
        for model in (MODEL, MISSING):
            entry = {"name": "interlingua", "provider": "openai", "model": model, "apiBase": url, "apiKey": KEY, "roles": ["chat"]}
            # What is JSON is YAML.
            text = json.dumps({"name": "interlingua", "version": "1.0.0", "schema": "v1", "models": [entry]})
            (self.place.home / f"{model}.yaml").write_text(text)
        self.variables = {"CONTINUE_TELEMETRY_ENABLED": "0"}

    @staticmethod
    def tool(command):
        return "Bash", {"command": command}

    def ask(self, prompt, model):
        return [self.place.node("continue", "cn"), "--config", str(self.place.home / f"{model}.yaml"), "--auto", "-p", prompt]


class Aider(Program):
    version = "0.86.2"

    def configure(self, url):
        self.variables = {"OPENAI_API_BASE": url, "OPENAI_API_KEY": KEY}

    def ask(self, prompt, model):
        quiet = ["--no-check-update", "--no-show-model-warnings", "--no-show-release-notes", "--analytics-disable", "--no-gitignore"]
        flags = ["--yes-always", "--no-auto-commits", "--no-pretty", "--no-suggest-shell-commands", *quiet]
        return [self.place.python("aider", "aider"), "--model", f"openai/{model}", *flags, "--message", prompt]

    @staticmethod
    def edit(name, text):
        """A prompt on which the model says what makes this program write a file."""
        return "say " + json.dumps({"text": f"{name}\n```\n{text}\n```\n"})


class Llm(Program):
    version = "0.36"

    def configure(self, url):
        folder = self.place.home / ".config" / "io.datasette.llm"
        folder.mkdir(parents=True)
        more = {"api_base": url, "supports_tools": True, "supports_schema": True}
        entries = [{"model_id": f"interlingua/{name}", "model_name": name, **more} for name in (MODEL, MISSING)]
        (folder / "extra-openai-models.yaml").write_text(json.dumps(entries))
        # It runs functions that it is given, and has none of its own.
        run = 'def run(command: str) -> str:\n    "Runs it."\n    import subprocess\n    return subprocess.getoutput(command)\n'
        (self.place.work / "tools.py").write_text(run)
        self.variables = {"OPENAI_API_KEY": KEY}

    @staticmethod
    def tool(command):
        return "run", {"command": command}

    def ask(self, prompt, model):
        functions = ["--functions", "tools.py"] if prompt.startswith("call ") else []
        return [self.place.python("llm", "llm"), "-m", f"interlingua/{model}", *functions, prompt]


PROGRAMS = {"opencode": OpenCode, "qwen": QwenCode, "cline": Cline, "continue": Continue, "aider": Aider, "llm": Llm}
