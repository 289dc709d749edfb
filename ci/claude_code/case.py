"""One check over one upstream: the scripted server, our gateway over it, Claude Code in front, and what they said."""

import json
import shutil
import urllib.request

import chat_upstream
import responses_upstream
from chat_upstream import CHAT_MODEL, ChatUpstream
from claims import expect, same
from claude import Claude
from responses_upstream import ResponsesUpstream
from running import Gateway
from servers import ACCOUNT, Issuer, Tap, now

KINDS = ["responses", "chat", "codex"]
MODEL = "gpt-5.5"


class Case:
    def __init__(self, kind, scratch, claude, interlingua):
        self.kind, self.scratch, self.interlingua = kind, scratch, interlingua
        self.program = claude
        # How the upstream says things.
        self.speaks = chat_upstream if kind == "chat" else responses_upstream
        self.open, self.runs = [], []
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)

    def script(self, *acts):
        """What the upstream is to say; from now on there is a gateway over it."""
        home, variables = self.scratch / "gateway", {}
        home.mkdir()
        if self.kind == "chat":
            self.upstream = self.keep(ChatUpstream(*acts, streams_only=False))
            flags = ["--dialect", "chat", "--profile", "compatible", "--upstream", f"{self.upstream.url}/v1"]
        elif self.kind == "responses":
            self.upstream = self.keep(ResponsesUpstream(*acts))
            flags = ["--dialect", "responses", "--upstream", f"{self.upstream.url}/v1"]
        else:
            issuer = self.keep(Issuer())
            self.upstream = self.keep(ResponsesUpstream(*acts, issuer=issuer))
            login = {"tokens": {**issuer.login(), "account_id": ACCOUNT}, "last_refresh": now()}
            (home / "auth.json").write_text(json.dumps({"auth_mode": "chatgpt", "OPENAI_API_KEY": None, **login}))
            (home / "auth.json").chmod(0o600)
            variables["CODEX_REFRESH_TOKEN_URL_OVERRIDE"] = f"{issuer.url}/oauth/token"
            flags = ["--upstream", "codex", "--base-url", f"{self.upstream.url}/backend-api/codex"]
        self.model = CHAT_MODEL if self.kind == "chat" else MODEL
        log = self.scratch / "serve.log"
        self.gateway = self.keep(Gateway(self.interlingua, log, *flags, "--alias", f"claude-*={self.model}", home=home, **variables))
        self.tap = self.keep(Tap(self.gateway.url))
        self.claude = Claude(self.program, self.scratch, self.tap.url)

    def ask(self, prompt, *flags, **options):
        self.ended = self.claude.ask(prompt, *flags, **options)
        self.runs.append(self.ended)
        return self.ended

    def keep(self, server):
        """Closes it after the check."""
        self.open.append(server)
        return server

    def close(self):
        for server in reversed(self.open):
            server.close()

    # ---- what was said

    def listing(self):
        """The request for the models, as a client of Messages asks for them."""
        return urllib.request.Request(f"{self.gateway.url}/v1/models?limit=1000", headers={"anthropic-version": "2023-06-01"})

    def history(self, request=-1):
        """What the upstream was told of the conversation by a request, the operator's words apart."""
        return [said for said in self.speaks.history(self.upstream.asked[request]) if said[0] != "system"]

    def posts(self):
        """The client's requests for an answer."""
        return [head for head in self.tap.posts() if "/count_tokens" not in head.split("\r\n")[0]]

    def evidence(self):
        """What a person wants to see where a claim does not hold."""
        yield from self.runs[-1:] and [f"--- the client\nstatus {self.runs[-1].status}\n{short(self.runs[-1])}"]
        yield "--- what the upstream was told last\n" + "\n".join(repr(said)[:300] for said in (self.history() if self.upstream.asked else []))
        yield f"--- {len(self.upstream.asked)} requests to the upstream, {len(self.posts())} of the client's"
        yield "--- the gateway's last words\n" + self.gateway.words()[-1200:]

    # ---- claims

    def expect(self, holds, claim, *evidence):
        expect(holds, claim, *evidence, *self.evidence())

    def same(self, found, wanted, what, *evidence):
        same(found, wanted, what, *evidence, *self.evidence())

    def went_well(self, requests, said):
        """The turn ended well with this many requests on either side, and each text was shown once, whole and streamed."""
        self.ended_well(said)
        self.cost(requests)

    def ended_well(self, said, streamed=None):
        self.same(self.upstream.complaints, [], "what the upstream has to complain of")
        self.same(self.ended.status, 0, "the status of the client")
        self.expect(not self.ended.failed, "the turn ended well")
        self.shown(said, streamed)
        self.same(self.ended.result.get("result"), said[-1], "the result")

    def shown(self, said, streamed=None):
        self.same(self.ended.said, said, "what the client shows")
        self.same(self.ended.streamed, "".join(said) if streamed is None else streamed, "what the client shows piece by piece")

    def cost(self, requests):
        self.same(len(self.upstream.asked), requests, "the number of requests to the upstream")
        self.same(len(self.posts()), requests, "the number of requests of the client")

    def says_why(self, *words):
        """The turn failed, the client says why, and nothing looks like an answer."""
        self.expect(self.ended.failed, "the turn failed")
        self.same(self.ended.status, 1, "the status of the client")
        told = str(self.ended.result.get("result", "")) + str(self.ended.result.get("errors", ""))
        for word in words:
            self.expect(word.lower() in told.lower(), f"the client says {word!r}", told)


def short(ended):
    """A run's events without what streamed and what it began with."""
    lines = [json.dumps(event)[:500] for event in ended.events if event["type"] not in ("stream_event", "system")]
    return "\n".join(lines + [ended.stderr[-1000:]])
