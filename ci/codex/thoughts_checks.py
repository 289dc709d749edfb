"""Servers that refuse a turn without the thoughts that it came of: whatever the CLI keeps of them has to bring them back."""

import json
from concurrent.futures import ThreadPoolExecutor

from bridge_checks import Bridge
from chat_upstream import offered, stream, texts
from check import Place, expect, same
from programs import Gateway
from servers import Reply, Server, Tap

TURNS = 3


class Demanding(Server):
    """Thinks, calls, thinks, answers, and wants to see each thought again in the message that it came with."""

    # The model the CLI asks for.
    model = "gpt-5.5"

    def __init__(self):
        super().__init__()
        # What it said in each message, in order: the thought, and whether it called.
        self.given = []

    @property
    def asked(self):
        return [request.body for request in self.posts("/chat/completions")]

    def answer(self, request):
        if request.method != "POST":
            return Reply.json(200, {"object": "list", "data": []})
        body = request.body
        said = [message for message in body["messages"] if message["role"] == "assistant"]
        missing = self.missing(body, said)
        if missing:
            self.complain(f"request {len(self.asked)}: {missing}")
            return Reply.json(400, {"error": {"message": missing, "type": "invalid_request_error"}})
        number = len(self.given)
        calls = number % 2 == 0
        thought = f"thought {number} of it"
        self.given.append((thought, calls))
        if not calls:
            return stream([*self.thinking(thought), {"content": f"Answer {number}."}], "stop")
        functions = [tool for tool in body["tools"] if tool["type"] == "function"]
        name = offered({"tools": functions}, "exec_command")["function"]["name"]
        arguments = json.dumps({"cmd": f"echo told-$(({number} + 40))"})
        call = {"index": 0, "id": f"call_{number}", "type": "function", "function": {"name": name, "arguments": arguments}}
        return stream([*self.thinking(thought), {"tool_calls": [self.signed(call, thought)]}], "tool_calls")

    def missing(self, body, said):
        if len(said) != len(self.given):
            return f"{len(said)} messages of the model, and it said {len(self.given)}"
        for message, (thought, calls) in zip(said, self.given):
            if not calls and not self.every_turn:
                continue
            back = self.thought_in(message)
            if back != self.kept(thought):
                return f"the thoughts must be passed back: {back!r} is not {self.kept(thought)!r}"
        return self.objection(body)

    # ---- the ways of one server

    every_turn = False

    def thinking(self, thought):
        return [{"content": None, "reasoning_content": thought[:5]}, {"content": None, "reasoning_content": thought[5:]}]

    def signed(self, call, thought):
        return call

    def thought_in(self, message):
        return message.get("reasoning_content")

    def kept(self, thought):
        return thought

    def objection(self, body):
        return None


class DeepSeek(Demanding):
    profile = "deepseek"
    every_turn = True


class Kimi(Demanding):
    profile = "kimi"

    def objection(self, body):
        if any(message.get("tool_calls") and "content" in message for message in body["messages"]):
            return "text content is empty"
        return None


class Glm(Demanding):
    profile = "glm"

    def objection(self, body):
        is_told = body.get("thinking", {}).get("clear_thinking") is False
        return None if is_told or not self.given else "without `clear_thinking: false` old thoughts are not read"


class MiniMax(Demanding):
    profile = "minimax"

    def thinking(self, thought):
        entry = {"type": "reasoning.text", "index": 0}
        return [{"reasoning_details": [{**entry, "text": piece}]} for piece in (thought[:5], thought[5:])]

    def thought_in(self, message):
        return "".join(entry.get("text", "") for entry in message.get("reasoning_details", []))

    def objection(self, body):
        systems = [message for message in body["messages"] if message["role"] == "system"]
        if len(systems) > 1:
            return "invalid chat setting (2013)"
        return None if body.get("reasoning_split") is True else "thoughts were not asked for apart"


class Gemini(Demanding):
    profile = "gemini"

    def thinking(self, thought):
        return []

    def signed(self, call, thought):
        return {**call, "extra_content": {"google": {"thought_signature": self.kept(thought)}}}

    def thought_in(self, message):
        return message["tool_calls"][0].get("extra_content", {}).get("google", {}).get("thought_signature")

    def kept(self, thought):
        return f"signature of {thought}"


class OpenRouter(Demanding):
    profile = "openrouter"

    def thinking(self, thought):
        entry = {"type": "reasoning.text", "index": 0, "format": "anthropic-claude-v1"}
        pieces = [{**entry, "text": thought[:5]}, {**entry, "text": thought[5:]}, {**entry, "signature": f"S {thought}"}]
        sealed = {"type": "reasoning.encrypted", "index": 1, "data": f"D {thought}"}
        return [{"content": "", "reasoning_details": [piece]} for piece in [*pieces, sealed]]

    def thought_in(self, message):
        return message.get("reasoning_details")

    def kept(self, thought):
        text = {"type": "reasoning.text", "index": 0, "format": "anthropic-claude-v1", "text": thought}
        sealed = {"type": "reasoning.encrypted", "index": 1, "data": f"D {thought}"}
        return [{**text, "signature": f"S {thought}"}, sealed]


class Thinking(Bridge):
    """The same bridge over such a server."""

    def __init__(self, place, upstream):
        self.place, self.codex = place, place.codex
        self.upstream = place.keep(upstream)
        flags = ["--dialect", "chat", "--upstream", f"{self.upstream.url}/v1", "--profile", upstream.profile]
        self.gateway = place.keep(Gateway(place.interlingua, place.scratch / "serve.log", *flags, home=place.scratch))
        self.tap = place.keep(Tap(self.gateway.url))
        self.codex.configure(f"{self.tap.url}/v1", upstream.model)


def converse(place, upstream):
    bridge = Thinking(place, upstream)
    for turn in range(TURNS):
        bridge.ask(f"run it, turn {turn}", resume=turn > 0)
        bridge.went_well(requests=2 * (turn + 1), said=[f"Answer {2 * turn + 1}."])
    results = [texts(message) for message in upstream.asked[-1]["messages"] if message["role"] == "tool"]
    same(len(results), TURNS, "the number of results", *bridge.evidence())
    for turn, result in enumerate(results):
        expect(f"told-{2 * turn + 40}" in result, "each call was made", *bridge.evidence())


def check_thoughts_survive_three_turns_with_every_server_that_wants_them_back(place):
    """All at once: each has a CLI, a gateway and a folder of its own."""
    servers = [DeepSeek, Kimi, Glm, MiniMax, Gemini, OpenRouter]

    def one(server):
        own = Place(place.scratch / server.profile, place.codex.program, place.interlingua)
        try:
            converse(own, server())
            return None
        except Exception as problem:  # noqa: BLE001 - told below, with whose it is
            return f"{server.profile}: {problem}"
        finally:
            own.close()

    with ThreadPoolExecutor(len(servers)) as pool:
        wrong = [problem for problem in pool.map(one, servers) if problem]
    expect(not wrong, "all of them keep their thoughts", *wrong)


CHECKS = [check_thoughts_survive_three_turns_with_every_server_that_wants_them_back]
