"""The CLI, which speaks only Responses, over a server that speaks only Chat Completions."""

import base64
import json
import re

from chat_upstream import CHAT_MODEL, ChatUpstream, break_off, break_off_call, call, calls, pictures, refuse, say, texts
from check import expect, same
from programs import CODEX_LIMIT, LITE_MODEL, MODEL, Gateway, environment, run
from servers import ACCOUNT, Reply, Server, Tap, now, token

# A PNG of one pixel.
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
SCHEMA = {
    "type": "object",
    "properties": {"colour": {"type": "string"}, "count": {"type": "integer"}},
    "required": ["colour", "count"],
    "additionalProperties": False,
}


class Bridge:
    """A scripted Chat upstream, our gateway over it, and a tap between the CLI and the gateway."""

    def __init__(self, place, *acts, model=MODEL, profile="compatible", flags=(), variables=None):
        self.place, self.codex = place, place.codex
        self.upstream = place.keep(ChatUpstream(*acts, compatible=profile == "compatible"))
        flags = ["--dialect", "chat", "--upstream", f"{self.upstream.url}/v1", "--profile", profile, *flags]
        log = place.scratch / "serve.log"
        self.gateway = place.keep(Gateway(place.interlingua, log, *flags, home=place.scratch, **(variables or {})))
        self.tap = place.keep(Tap(self.gateway.url))
        self.codex.configure(f"{self.tap.url}/v1", model)

    def ask(self, prompt, *flags, **options):
        self.ended = self.codex.ask(prompt, *flags, **options)
        return self.ended

    def evidence(self):
        """What a person wants to see where a claim does not hold."""
        log = self.gateway.words()[-3000:]
        return [self.ended, "--- the gateway's last words", log, "--- what the upstream was asked last", *self.asked_last()]

    def asked_last(self):
        for message in (self.upstream.asked or [{"messages": []}])[-1]["messages"]:
            yield f"{message['role']}: {texts(message)[-300:]!r} {message.get('tool_calls', '')}"

    def went_well(self, requests, said=None):
        """The turn was completed with this many requests on either side, and each text shown once."""
        same(self.upstream.complaints, [], "what the upstream has to complain of", *self.evidence())
        same(self.ended.status, 0, "the status of the CLI", *self.evidence())
        if said is not None:
            same(self.ended.said, said, "what the CLI shows", *self.evidence())
        self.cost(requests)

    def cost(self, requests):
        """This many requests, over plain HTTP."""
        same(len(self.upstream.asked), requests, "the number of requests to the upstream", *self.evidence())
        same(len(self.tap.posts()), requests, "the number of requests of the CLI", *self.evidence())
        same(self.tap.upgrades(), [], "WebSockets asked for", *self.evidence())
        shown = f"{self.ended.stdout}{self.ended.stderr}"
        expect(not re.search(r"(?i)falling back|websocket|reconnecting", shown), "no other transport was tried", shown)


def check_a_text(place):
    bridge = Bridge(place, say("Plain words, quite simple ones.", thoughts="Something simple will do."))
    ended = bridge.ask("say something")
    bridge.went_well(requests=1, said=["Plain words, quite simple ones."])
    usage = {"input_tokens": 11, "cached_input_tokens": 4, "output_tokens": 7, "reasoning_output_tokens": 3}
    same({name: ended.usage.get(name) for name in usage}, usage, "the usage", ended)
    last = bridge.upstream.asked[0]["messages"][-1]
    same((last["role"], texts(last)), ("user", "say something"), "the last message", *bridge.evidence())
    same(bridge.upstream.requests[0].headers.get("authorization"), "Bearer sk-loopback", "the key the upstream got")


def check_a_text_in_the_terminal(place):
    bridge = Bridge(place, say("Plain words, quite simple ones."))
    ended = bridge.ask("say something", json_lines=False)
    bridge.went_well(requests=1)
    same(ended.stdout.strip(), "Plain words, quite simple ones.", "stdout", ended)


def check_a_tool_and_its_result(place):
    bridge = Bridge(place, call("exec_command", {"cmd": "echo f\"r\"om-$((40 + 2))"}, text="Let me look."), say("It is 42."))
    bridge.ask("run it")
    bridge.went_well(requests=2, said=["Let me look.", "It is 42."])
    before, result = bridge.upstream.asked[1]["messages"][-2:]
    same(texts(before), "Let me look.", "the text before the call", *bridge.evidence())
    (made,) = before["tool_calls"]
    same(json.loads(made["function"]["arguments"]), {"cmd": "echo f\"r\"om-$((40 + 2))"}, "the call", *bridge.evidence())
    expect("from-42" in texts(result), "the result of the command arrives", *bridge.evidence())


def check_two_tools_at_once(place):
    both = [("exec_command", {"cmd": f"echo {word}-$((1 + 1))"}) for word in ("left", "right")]
    bridge = Bridge(place, calls(*both), say("Both done."))
    bridge.ask("run both")
    bridge.went_well(requests=2, said=["Both done."])
    results = [texts(message) for message in bridge.upstream.asked[1]["messages"] if message["role"] == "tool"]
    same(len(results), 2, "the number of results", *bridge.evidence())
    expect("left-2" in results[0] and "right-2" in results[1], "each call got its own result", *bridge.evidence())


def check_a_freeform_tool(place, profile="compatible"):
    patch = '*** Begin Patch\n*** Add File: note.txt\n+a "quoted" line\n+täglich \\ one more\n*** End Patch\n'
    bridge = Bridge(place, call("apply_patch", patch), say("Patched."), profile=profile)
    bridge.ask("write the note")
    bridge.went_well(requests=2, said=["Patched."])
    note = place.codex.work / "note.txt"
    expect(note.exists(), "the patch was applied", *bridge.evidence())
    same(note.read_text(), 'a "quoted" line\ntäglich \\ one more\n', "the file", *bridge.evidence())
    before, result = bridge.upstream.asked[1]["messages"][-2:]
    (made,) = before["tool_calls"]
    sent = made["custom"]["input"] if made["type"] == "custom" else json.loads(made["function"]["arguments"])["input"]
    same(sent, patch, "the patch in the history", *bridge.evidence())
    expect("note.txt" in texts(result), "the result names the file", *bridge.evidence())


def check_a_freeform_tool_at_a_server_that_has_them(place):
    check_a_freeform_tool(place, profile="openai")


def check_a_picture_as_a_result(place):
    (place.codex.work / "pixel.png").write_bytes(PIXEL)
    bridge = Bridge(place, call("view_image", {"path": "pixel.png"}), say("One pixel."))
    bridge.ask("look at it")
    bridge.went_well(requests=2, said=["One pixel."])
    seen = [picture for message in bridge.upstream.asked[1]["messages"] for picture in pictures(message)]
    same(len(seen), 1, "the number of pictures", *bridge.evidence())
    expect(seen[0]["image_url"]["url"].startswith("data:image/png;base64,"), "it is the picture itself", *bridge.evidence())


def check_an_answer_by_a_schema(place):
    schema = place.scratch / "schema.json"
    schema.write_text(json.dumps(SCHEMA))
    bridge = Bridge(place, say('{"colour": "green", "count": 3}'))
    ended = bridge.ask("how many?", "--output-schema", str(schema))
    bridge.went_well(requests=1, said=['{"colour": "green", "count": 3}'])
    wanted = bridge.upstream.asked[0].get("response_format") or {}
    same(wanted.get("type"), "json_schema", "the format", wanted, ended)
    same(wanted["json_schema"]["schema"], SCHEMA, "the schema")


def check_two_turns(place):
    bridge = Bridge(place, say("Plums, then.", thoughts="Fruit."), say("You said plums."))
    bridge.ask("remember plums")
    bridge.went_well(requests=1, said=["Plums, then."])
    bridge.ask("what was it?", resume=True)
    bridge.went_well(requests=2, said=["You said plums."])
    first, second = (body["messages"] for body in bridge.upstream.asked)
    same(second[: len(first)], first, "what comes first in the second turn", *bridge.evidence())
    same([texts(message) for message in second].count("Plums, then."), 1, "how often the answer is there", *bridge.evidence())
    same(texts(second[-1]), "what was it?", "the last message", *bridge.evidence())


def check_a_model_with_its_tools_in_the_input(place):
    script = "const done = await tools.exec_command({cmd: 'echo \"lite\"-$((40 + 2))'});\ntext(done.output);\n"
    bridge = Bridge(place, call("exec", script), say("The script says 42."), model=LITE_MODEL)
    bridge.ask("run it")
    bridge.went_well(requests=2, said=["The script says 42."])
    expect("lite-42" in texts(bridge.upstream.asked[1]["messages"][-1]), "the script's result arrives", *bridge.evidence())
    expect("x-openai-internal-codex-responses-lite: true" in bridge.tap.posts()[0], "it is such a model", *bridge.tap.posts())


def check_a_limit_of_usage_costs_one_request(place):
    more = {"plan_type": "plus", "resets_in_seconds": 3600}
    bridge = Bridge(place, refuse(429, "usage_limit_reached", "The usage limit has been reached", **more))
    ended = bridge.ask("hello")
    same(ended.status, 1, "the status", *bridge.evidence())
    expect("usage limit" in (ended.failure or ""), "the CLI says why", *bridge.evidence())
    same(ended.said, [], "what the CLI shows", *bridge.evidence())
    bridge.cost(requests=1)


def check_an_empty_account_costs_one_request(place):
    words = "You exceeded your current quota, please check your plan and billing details."
    bridge = Bridge(place, refuse(429, "insufficient_quota", words, code="insufficient_quota", param=None))
    ended = bridge.ask("hello")
    same(ended.status, 1, "the status", *bridge.evidence())
    expect("quota" in (ended.failure or "").lower(), "the CLI says why", *bridge.evidence())
    bridge.cost(requests=1)


def check_a_model_that_is_not_there_costs_one_request(place):
    words = "The model `nonesuch` does not exist"
    bridge = Bridge(place, refuse(404, "invalid_request_error", words, code="model_not_found", param="model"))
    ended = bridge.ask("hello")
    same(ended.status, 1, "the status", *bridge.evidence())
    expect(words in (ended.failure or ""), "the CLI says why", *bridge.evidence())
    bridge.cost(requests=1)


def check_too_long_a_conversation_costs_one_request(place):
    words = "This model's maximum context length is 8192 tokens."
    bridge = Bridge(place, refuse(400, "invalid_request_error", words, code="context_length_exceeded", param="messages"))
    ended = bridge.ask("hello")
    same(ended.status, 1, "the status", *bridge.evidence())
    expect(re.search("context", ended.failure or ""), "the CLI says why", *bridge.evidence())
    bridge.cost(requests=1)


def check_a_stream_that_breaks_off_is_asked_for_again_and_shown_once(place):
    bridge = Bridge(place, break_off("Half of it"), say("Half of it is not enough."))
    ended = bridge.ask("all of it")
    same(ended.status, 0, "the status", *bridge.evidence())
    same(ended.said, ["Half of it is not enough."], "what the CLI shows", *bridge.evidence())
    same(len(bridge.upstream.asked), 2, "the number of requests to the upstream", *bridge.evidence())
    same(len(bridge.tap.posts()), 2, "the number of requests of the CLI", *bridge.evidence())
    same(bridge.tap.upgrades(), [], "WebSockets asked for", *bridge.evidence())


def check_a_stream_that_always_breaks_off_shows_no_text_twice(place):
    bridge = Bridge(place, break_off("Half of it"))
    ended = bridge.ask("all of it")
    same(ended.status, 1, "the status", *bridge.evidence())
    expect(len(ended.said) <= 1, "no text is shown twice", *bridge.evidence())
    expect(len(bridge.upstream.asked) == len(bridge.tap.posts()) <= 6, "it does not hammer", *bridge.evidence())


def check_a_call_that_breaks_off_is_not_run(place):
    script = "await tools.exec_command({cmd: 'touch half-a-script-was-run'});\n// and then"
    bridge = Bridge(place, break_off_call("exec", script), say("Let us leave it."), model=LITE_MODEL)
    bridge.ask("run it")
    expect(not (place.codex.work / "half-a-script-was-run").exists(), "half a script is not run", *bridge.evidence())
    same(bridge.ended.said, ["Let us leave it."], "what the CLI shows", *bridge.evidence())
    same(bridge.upstream.complaints, [], "what the upstream has to complain of", *bridge.evidence())
    calls = [message for message in bridge.upstream.asked[-1]["messages"] if message.get("tool_calls")]
    same(calls, [], "the calls in the history", *bridge.evidence())


def check_the_catalogue_of_models(place):
    bridge = Bridge(place, say("From the list."))
    log_in(place)
    accounts = place.keep(Accounts())
    place.codex.configure(f"{bridge.tap.url}/v1", CHAT_MODEL, key=False, chatgpt_base_url=f"{accounts.url}/backend-api/")
    bridge.ask("hello")
    bridge.went_well(requests=1, said=["From the list."])
    asked = [head.split(" ")[1].split("?")[0] for head in bridge.tap.heads() if head.startswith("get ")]
    expect("/v1/models" in asked, "the CLI asks for the catalogue", asked)
    same(bridge.ended.items("error"), [], "warnings, one of them where the CLI rejects the catalogue", *bridge.evidence())
    first = texts(bridge.upstream.asked[0]["messages"][0]).lstrip()
    # Where an entry brings none, the CLI goes without, and begins with a block in angle brackets.
    expect(first and not first.startswith("<"), "the model is told that it is an agent", first[:300])


def check_a_catalogue_in_a_file_takes_the_warning_away(place):
    bridge = Bridge(place, say("Unknown."), say("Known."), model=CHAT_MODEL)
    unknown = bridge.ask("hello")
    warned = lambda ended: re.findall(r"(?i)[^\n]*model metadata[^\n]*", f"{ended.stdout}{ended.stderr}")
    expect(warned(unknown), "of a model that nobody told it of the CLI warns", unknown)
    command = [place.interlingua, "models", "--codex", "--dialect", "chat", "--upstream", f"{bridge.upstream.url}/v1"]
    listed = run(command, CODEX_LIMIT, env=environment(place.scratch))
    same(listed.status, 0, "the status of `interlingua models --codex`", listed)
    catalogue = place.scratch / "models.json"
    catalogue.write_text(listed.stdout)
    place.codex.configure(f"{bridge.tap.url}/v1", CHAT_MODEL, model_catalog_json=str(catalogue))
    known = bridge.ask("hello")
    same(known.said, ["Known."], "what the CLI shows", *bridge.evidence())
    same(warned(known), [], "warnings about the model", known)


def check_the_cli_as_it_comes_gives_up_its_websocket_at_once_where_there_is_none(place):
    bridge = Bridge(place, say("Without a socket."), flags=["--websocket=false"])
    place.codex.configure_built_in(f"{bridge.tap.url}/v1")
    key = {"auth_mode": "apikey", "OPENAI_API_KEY": "sk-loopback"}
    (place.codex.home / "auth.json").write_text(json.dumps(key))
    bridge.ask("hello")
    as_it_comes(bridge)


def check_the_cli_as_it_comes_with_a_login_and_compressed_bodies(place):
    bridge = Bridge(place, say("Without a socket."), flags=["--websocket=false"])
    log_in(place)
    accounts = place.keep(Accounts())
    place.codex.configure_built_in(f"{bridge.tap.url}/backend-api/codex", chatgpt_base_url=f"{accounts.url}/backend-api/")
    bridge.ask("hello")
    as_it_comes(bridge)
    expect("content-encoding: zstd" in bridge.tap.posts()[0], "the body was compressed", *bridge.tap.posts())


def as_it_comes(bridge):
    """One answer, and one request, after at most one try of another transport."""
    same(bridge.ended.said, ["Without a socket."], "what the CLI shows", *bridge.evidence())
    same(bridge.upstream.complaints, [], "what the upstream has to complain of", *bridge.evidence())
    same(len(bridge.upstream.posts("/chat/completions")), 1, "the number of requests to the upstream", *bridge.evidence())
    same(len(bridge.tap.posts()), 1, "the number of requests of the CLI", *bridge.evidence())
    expect(len(bridge.tap.upgrades()) <= 1, "one try at most", *bridge.tap.upgrades())


class Accounts(Server):
    """What the CLI asks of ChatGPT's other services: which accounts there are it must know, the rest is refused."""

    def answer(self, request):
        if not request.path.endswith("/wham/accounts/check"):
            return Reply.json(404, {"detail": "Not Found"})
        # It accepts an origin over TLS only, and then stays with the `openai_base_url` of its configuration.
        account = {
            "id": ACCOUNT,
            "name": "Personal",
            "structure": "personal",
            "plan_type": "plus",
            "is_deactivated": False,
            "can_access_with_session": True,
            "workspace_backend_origin": "https://chatgpt.com",
            "account_routing_override": "NO_CONSTRAINT",
            "profile_picture_url": None,
        }
        return Reply.json(200, {"accounts": [account], "account_ordering": [ACCOUNT], "default_account_id": ACCOUNT})


def log_in(place):
    """A ChatGPT login that nobody has to renew."""
    tokens = {"id_token": token("id", 1, 3600), "access_token": token("access", 1, 3600), "refresh_token": "rt-1"}
    login = {"auth_mode": "chatgpt", "tokens": {**tokens, "account_id": ACCOUNT}, "last_refresh": now()}
    (place.codex.home / "auth.json").write_text(json.dumps(login))


CHECKS = [
    check_a_text,
    check_a_text_in_the_terminal,
    check_a_tool_and_its_result,
    check_two_tools_at_once,
    check_a_freeform_tool,
    check_a_freeform_tool_at_a_server_that_has_them,
    check_a_picture_as_a_result,
    check_an_answer_by_a_schema,
    check_two_turns,
    check_a_model_with_its_tools_in_the_input,
    check_a_limit_of_usage_costs_one_request,
    check_an_empty_account_costs_one_request,
    check_a_model_that_is_not_there_costs_one_request,
    check_too_long_a_conversation_costs_one_request,
    check_a_stream_that_breaks_off_is_asked_for_again_and_shown_once,
    check_a_stream_that_always_breaks_off_shows_no_text_twice,
    check_a_call_that_breaks_off_is_not_run,
    check_the_catalogue_of_models,
    check_a_catalogue_in_a_file_takes_the_warning_away,
    check_the_cli_as_it_comes_gives_up_its_websocket_at_once_where_there_is_none,
    check_the_cli_as_it_comes_with_a_login_and_compressed_bodies,
]
