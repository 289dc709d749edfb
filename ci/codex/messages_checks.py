"""The CLI over a server that speaks only Messages, as Anthropic's does."""

import json
import re

from bridge_checks import SCHEMA, Bridge
from check import expect, same
from messages_upstream import KEY, MODEL, MessagesUpstream, break_off, break_off_call, call, calls, history, overloaded, refuse, say, too_long
from programs import MODEL as OWN_MODEL
from programs import Gateway
from servers import Tap

# As Anthropic's are: base64.
SEAL = "EqQBCkYIBxgCKkD" + "Zm9v" * 40 + "+/=="


class MessagesBridge(Bridge):
    def __init__(self, place, *acts):
        self.place, self.codex = place, place.codex
        self.upstream = place.keep(MessagesUpstream(*acts))
        # The CLI has tools of its own for a model that it knows.
        aliases = ["--alias", f"{OWN_MODEL}={MODEL}"]
        flags = ["--dialect", "messages", "--upstream", f"{self.upstream.url}/v1", *aliases]
        self.gateway = place.keep(Gateway(place.interlingua, place.scratch / "serve.log", *flags, home=place.scratch))
        self.tap = place.keep(Tap(self.gateway.url))
        self.codex.configure(f"{self.tap.url}/v1", OWN_MODEL)

    def ask(self, prompt, *flags, **options):
        return super().ask(prompt, *flags, LOOPBACK_KEY=KEY, **options)

    def asked_last(self):
        yield from (repr(said)[:300] for said in (history(self.upstream.asked[-1]) if self.upstream.asked else []))

    def told(self, request=-1):
        """What the upstream was told of the conversation, the operator's words apart."""
        return [said for said in history(self.upstream.asked[request]) if said[0] != "system"]


def check_over_messages_a_text(place):
    bridge = MessagesBridge(place, say("Plain words, quite simple ones.", thoughts="Something simple will do."))
    ended = bridge.ask("say something")
    bridge.went_well(requests=1, said=["Plain words, quite simple ones."])
    usage = {"input_tokens": 11, "cached_input_tokens": 4, "output_tokens": 7}
    same({name: ended.usage.get(name) for name in usage}, usage, "the usage", ended)
    same(bridge.told()[-1], ("user", "say something"), "the last message", *bridge.evidence())
    system = json.dumps(bridge.upstream.asked[0]["system"])
    expect("coding agent" in system.lower(), "the model is told that it is an agent", system[:500])


def check_over_messages_a_tool_and_its_result(place):
    bridge = MessagesBridge(place, call("exec_command", {"cmd": "echo f\"r\"om-$((40 + 2))"}, text="Let me look."), say("It is 42."))
    bridge.ask("run it")
    bridge.went_well(requests=2, said=["Let me look.", "It is 42."])
    before, made, result = bridge.told()[-3:]
    same(before, ("assistant", "Let me look."), "the text before the call", *bridge.evidence())
    same(json.loads(made[3]), {"cmd": "echo f\"r\"om-$((40 + 2))"}, "the call", *bridge.evidence())
    same(made[1], result[1], "whom the result answers", *bridge.evidence())
    expect("from-42" in result[2], "the result of the command arrives", *bridge.evidence())


def check_over_messages_two_tools_at_once(place):
    both = [("exec_command", {"cmd": f"echo {word}-$((1 + 1))"}) for word in ("left", "right")]
    bridge = MessagesBridge(place, calls(*both), say("Both done."))
    bridge.ask("run both")
    bridge.went_well(requests=2, said=["Both done."])
    results = [said[2] for said in bridge.told() if said[0] == "result"]
    same(len(results), 2, "the number of results", *bridge.evidence())
    expect("left-2" in results[0] and "right-2" in results[1], "each call got its own result", *bridge.evidence())


def check_over_messages_a_freeform_tool(place):
    patch = '*** Begin Patch\n*** Add File: note.txt\n+a "quoted" line\n+täglich \\ one more\n*** End Patch\n'
    bridge = MessagesBridge(place, call("apply_patch", patch), say("Patched."))
    bridge.ask("write the note")
    bridge.went_well(requests=2, said=["Patched."])
    note = place.codex.work / "note.txt"
    expect(note.exists(), "the patch was applied", *bridge.evidence())
    same(note.read_text(), 'a "quoted" line\ntäglich \\ one more\n', "the file", *bridge.evidence())
    (made,) = [json.loads(said[3]) for said in bridge.told() if said[0] == "call"]
    same(list(made.values()), [patch], "the patch in the history", *bridge.evidence())


def check_over_messages_thoughts_come_back_before_their_call_and_in_a_later_run(place):
    command = ("exec_command", {"cmd": "echo 42"})
    first = calls(command, thoughts="First this,\n\nthen „that“.", seal=SEAL)
    bridge = MessagesBridge(place, first, say("It is 42.", thoughts="Easy.", seal=SEAL[::-1]), say("As I said."))
    bridge.ask("run it")
    bridge.went_well(requests=2, said=["It is 42."])
    thought = ("thought", "First this,\n\nthen „that“.", None, SEAL)
    same([said for said in bridge.told() if said[0] == "thought"], [thought], "the thought", *bridge.evidence())
    same([said[0] for said in bridge.told()][-3:], ["thought", "call", "result"], "the turn", *bridge.evidence())
    bridge.ask("and again?", resume=True)
    bridge.went_well(requests=3, said=["As I said."])
    thoughts = [said for said in bridge.told() if said[0] == "thought"]
    same(thoughts, [thought, ("thought", "Easy.", None, SEAL[::-1])], "the thoughts in a later run", *bridge.evidence())


def check_over_messages_an_answer_by_a_schema(place):
    schema = place.scratch / "schema.json"
    schema.write_text(json.dumps(SCHEMA))
    bridge = MessagesBridge(place, say('{"colour": "green", "count": 3}'))
    bridge.ask("how many?", "--output-schema", str(schema))
    bridge.went_well(requests=1, said=['{"colour": "green", "count": 3}'])
    wanted = bridge.upstream.asked[0].get("output_config", {}).get("format") or {}
    same((wanted.get("type"), wanted.get("schema")), ("json_schema", SCHEMA), "the format", *bridge.evidence())


def check_over_messages_too_long_a_conversation_costs_one_request(place):
    bridge = MessagesBridge(place, too_long())
    ended = bridge.ask("hello")
    same(ended.status, 1, "the status", *bridge.evidence())
    expect(re.search("context", ended.failure or ""), "the CLI says why", *bridge.evidence())
    bridge.cost(requests=1)


def check_over_messages_an_overloaded_server_is_asked_again(place):
    bridge = MessagesBridge(place, overloaded(), say("Here I am."))
    ended = bridge.ask("hello")
    same((ended.status, ended.said), (0, ["Here I am."]), "how it ends", *bridge.evidence())
    same(bridge.upstream.complaints, [], "what the upstream has to complain of", *bridge.evidence())


def check_over_messages_a_key_that_is_refused(place):
    bridge = MessagesBridge(place, refuse(401, "authentication_error", "invalid x-api-key"))
    ended = bridge.ask("hello")
    same((ended.status, ended.said), (1, []), "how it ends", *bridge.evidence())
    expect("invalid x-api-key" in (ended.failure or ""), "the CLI says why", *bridge.evidence())


def check_over_messages_a_stream_that_breaks_off_is_asked_for_again_and_shown_once(place):
    bridge = MessagesBridge(place, break_off("Half of it"), say("Half of it is not enough."))
    ended = bridge.ask("all of it")
    same((ended.status, ended.said), (0, ["Half of it is not enough."]), "how it ends", *bridge.evidence())
    same(len(bridge.upstream.asked), 2, "the number of requests to the upstream", *bridge.evidence())


def check_over_messages_a_call_that_breaks_off_is_not_run(place):
    command = {"cmd": "touch half-of-it-was-run"}
    bridge = MessagesBridge(place, break_off_call("exec_command", command), say("Let us leave it."))
    bridge.ask("run it")
    expect(not (place.codex.work / "half-of-it-was-run").exists(), "half a call is not run", *bridge.evidence())
    same((bridge.ended.status, bridge.ended.said), (0, ["Let us leave it."]), "how it ends", *bridge.evidence())
    same([said[0] for said in bridge.told() if said[0] == "call"], [], "the calls in the history", *bridge.evidence())


CHECKS = [value for name, value in list(globals().items()) if name.startswith("check_")]
