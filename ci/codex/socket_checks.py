"""The CLI over a WebSocket, which it opens by itself, and a server behind that speaks only Chat Completions."""

import json
import signal
import subprocess
import time

from app_server import AppServer
from bridge_checks import Bridge
from chat_upstream import call, refuse, say, stream, texts, words
from check import expect, same
from programs import LITE_MODEL, environment

# Seconds until something that happens at once must have happened.
AT_ONCE = 10


def over_a_socket(place, *acts):
    """The CLI as it comes, which tries a WebSocket first."""
    bridge = Bridge(place, *acts)
    place.codex.configure_built_in(f"{bridge.tap.url}/v1")
    key = {"auth_mode": "apikey", "OPENAI_API_KEY": "sk-loopback"}
    (place.codex.home / "auth.json").write_text(json.dumps(key))
    return bridge


def went_over_it(bridge, turns, requests, connections=1):
    """Nothing was sent by POST, and of the frames as many asked for an answer as the upstream was asked."""
    same(bridge.ended.status, 0, "the status of the CLI", *bridge.evidence())
    same(bridge.upstream.complaints, [], "what the upstream has to complain of", *bridge.evidence())
    same(bridge.tap.posts(), [], "requests by POST", *bridge.evidence())
    same(len(bridge.tap.upgrades()), connections, "the number of connections", *bridge.evidence())
    same(len(bridge.upstream.asked), requests, "the number of requests to the upstream", *bridge.evidence())
    frames = bridge.tap.frames()
    asking = [frame for frame in frames if frame["type"] == "response.create" and frame.get("generate") is not False]
    same(len(asking), turns, "the number of turns", *frames, *bridge.evidence())
    return frames


def check_a_session_over_a_websocket_says_only_what_is_new(place):
    bridge = over_a_socket(place, call("exec_command", {"cmd": "echo f\"r\"om-$((40 + 2))"}, text="Let me look."), say("It is 42."))
    bridge.ask("run it")
    frames = went_over_it(bridge, turns=2, requests=2)
    same(bridge.ended.said, ["Let me look.", "It is 42."], "what the CLI shows", *bridge.evidence())
    last = frames[-1]
    expect(last.get("previous_response_id"), "the second turn goes on from the first by its id", last)
    same([item["type"] for item in last["input"]], ["function_call_output"], "what the second turn says", last)
    before, result = bridge.upstream.asked[1]["messages"][-2:]
    same(texts(before), "Let me look.", "the text before the call", *bridge.evidence())
    expect("from-42" in texts(result), "the result of the command arrives", *bridge.evidence())
    first, second = (body["messages"] for body in bridge.upstream.asked)
    same(second[: len(first)], first, "what comes first in the second request", *bridge.evidence())
    expect(bridge.ended.usage["input_tokens"] > 0, "usage is told", bridge.ended)


def check_a_session_is_resumed_over_another_websocket(place):
    bridge = Bridge(place, say("Plums, then."), say("You said plums."))
    place.codex.configure(f"{bridge.tap.url}/v1", sockets=True)
    bridge.ask("remember plums")
    went_over_it(bridge, turns=1, requests=1)
    bridge.ask("what was it?", resume=True)
    went_over_it(bridge, turns=2, requests=2, connections=2)
    same(bridge.ended.said, ["You said plums."], "what the CLI shows", *bridge.evidence())
    said = [texts(message) for message in bridge.upstream.asked[1]["messages"]]
    same((said.count("remember plums"), said.count("Plums, then.")), (1, 1), "how often the first turn is there", said)


def check_a_limit_of_usage_over_a_websocket_costs_one_request(place):
    more = {"plan_type": "plus", "resets_in_seconds": 3600}
    bridge = over_a_socket(place, refuse(429, "usage_limit_reached", "The usage limit has been reached", **more))
    ended = bridge.ask("hello")
    same(ended.status, 1, "the status", *bridge.evidence())
    expect("usage limit" in (ended.failure or ""), "the CLI says why", *bridge.evidence())
    same(len(bridge.upstream.asked), 1, "the number of requests to the upstream", *bridge.evidence())


def check_too_long_a_conversation_over_a_websocket_costs_one_request(place):
    said = "This model's maximum context length is 8192 tokens."
    bridge = over_a_socket(place, refuse(400, "invalid_request_error", said, code="context_length_exceeded", param="messages"))
    ended = bridge.ask("hello")
    same(ended.status, 1, "the status", *bridge.evidence())
    expect("context" in (ended.failure or ""), "the CLI says why", *bridge.evidence())
    same(len(bridge.upstream.asked), 1, "the number of requests to the upstream", *bridge.evidence())


def check_a_session_that_compacts_itself(place, *flags):
    command = {"cmd": "echo f\"r\"om-$((40 + 2))"}
    bridge = Bridge(place, call("exec_command", command), say("SUMMARY: it was 42."), say("It is 42."), flags=flags)
    # Every request of the scripted upstream has cost more than that.
    place.codex.configure_built_in(f"{bridge.tap.url}/v1", model_auto_compact_token_limit=15)
    (place.codex.home / "auth.json").write_text(json.dumps({"auth_mode": "apikey", "OPENAI_API_KEY": "sk-loopback"}))
    bridge.ask("run it")
    same(bridge.ended.status, 0, "the status of the CLI", *bridge.evidence())
    same(bridge.ended.said, ["It is 42."], "what the CLI shows", *bridge.evidence())
    # The gateway asks for a summary by itself, and whole.
    whole = [complaint for complaint in bridge.upstream.complaints if "not a stream" in complaint]
    same((len(whole), bridge.upstream.complaints), (1, whole), "what the upstream has to complain of", *bridge.evidence())
    _, summed, last = (body["messages"] for body in bridge.upstream.asked)
    expect("from-42" in "".join(map(texts, summed)), "the summary is of all there was", *bridge.evidence())
    said = "".join(map(texts, last))
    expect("SUMMARY: it was 42." in said, "the model is given the summary", *bridge.evidence())
    expect("from-42" not in said, "and not what it stands for", *bridge.evidence())
    same(bridge.ended.items("error"), [], "warnings", *bridge.evidence())
    return bridge


def check_a_session_that_compacts_itself_without_a_websocket(place):
    bridge = check_a_session_that_compacts_itself(place, "--websocket=false")
    same(len(bridge.tap.posts()), 3, "requests by POST", *bridge.tap.posts(), *bridge.evidence())


def check_a_session_with_a_sub_agent(place):
    """Its tools are not there before they are searched for; it has a connection of its own."""

    def act(body):
        messages = body["messages"]
        results = [texts(message) for message in messages if message["role"] == "tool"]
        if [texts(message) for message in messages if message["role"] == "user"][-1] == "count the plums":
            return say("Seven plums.")(body)
        if not results:
            return call("tool_search", {"query": "spawn sub-agent", "limit": 8})(body)
        if len(results) == 1:
            return call("spawn_agent", {"message": "count the plums"})(body)
        if len(results) == 2:
            return call("wait_agent", {"targets": [json.loads(results[1])["agent_id"]], "timeout_ms": 10000})(body)
        return say("There are seven.")(body)

    bridge = over_a_socket(place, act)
    bridge.ask("have them counted")
    went_over_it(bridge, turns=5, requests=5, connections=2)
    same(bridge.ended.said, ["There are seven."], "what the CLI shows", *bridge.evidence())
    told = "".join(texts(message) for message in bridge.upstream.asked[-1]["messages"])
    expect("Seven plums." in told, "what the sub-agent has found arrives", *bridge.evidence())


def check_an_interrupt_ends_a_reply_and_the_conversation_goes_on_from_it_and_is_compacted_by_hand(place):
    slow = [{"content": word} for word in words("word " * 2000)]

    def long_speech(_):
        reply = stream(slow, "stop")
        reply.pause = 0.02
        return reply

    bridge = Bridge(place, long_speech, say("Then so be it."), say("SUMMARY: silence."), say("Still silent."))
    settings = {"model": LITE_MODEL, "suppress_unstable_features_warning": True}
    place.codex.configure_built_in(f"{bridge.tap.url}/v1", **settings)
    with open(place.codex.home / "config.toml", "a") as file:
        file.write("[features]\ninstant_interrupt = true\n")
    (place.codex.home / "auth.json").write_text(json.dumps({"auth_mode": "apikey", "OPENAI_API_KEY": "sk-loopback"}))
    editor = place.keep(AppServer(place))
    turn = editor.ask("turn/start", threadId=editor.thread, input=[{"type": "text", "text": "talk"}])["turn"]["id"]
    editor.told("item/agentMessage/delta")
    editor.ask("turn/steer", threadId=editor.thread, expectedTurnId=turn, input=[{"type": "text", "text": "stop that"}])
    editor.told("turn/completed")
    frames = bridge.tap.frames()
    interrupt, last = frames[-2:]
    same(interrupt["type"], "response.interrupt", "what the CLI says", *frames)
    same(last["previous_response_id"], interrupt["response_id"], "what the conversation goes on from", *frames)
    same([item["type"] for item in last["input"]], ["message"], "what is said then", last)
    wait_for(lambda: bridge.upstream.left, "the upstream is let go", bridge)
    said = [texts(message) for message in bridge.upstream.asked[1]["messages"] if message["role"] == "user"]
    same(said[-2:], ["talk", "stop that"], "what the upstream is asked", said)
    expect(not any("word" in texts(message) for message in bridge.upstream.asked[1]["messages"][-2:]), "half a reply is gone")

    editor.ask("thread/compact/start", threadId=editor.thread)
    wait_for(lambda: len(bridge.upstream.asked) == 3, "a summary is asked for", bridge)
    editor.told("turn/completed")
    last = bridge.tap.frames()[-1]
    same([item["type"] for item in last["input"]], ["compaction_trigger"], "what the CLI says", last)
    editor.ask("turn/start", threadId=editor.thread, input=[{"type": "text", "text": "and now?"}])
    editor.told("turn/completed")
    said = [texts(message) for message in bridge.upstream.asked[3]["messages"]]
    expect(any("SUMMARY: silence." in text for text in said), "the model is given the summary", said)
    expect("Then so be it." not in said, "and not what it stands for", said)


def check_a_person_who_interrupts_lets_the_upstream_go(place):
    slow = [{"content": word} for word in words("word " * 2000)]

    def act(_):
        reply = stream(slow, "stop")
        reply.pause = 0.02
        return reply

    bridge = over_a_socket(place, act)
    command = [place.codex.program, "exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", "--json", "talk"]
    env = environment(place.codex.home, LOOPBACK_KEY="sk-loopback")
    with open(place.scratch / "codex.log", "wb") as log:
        program = subprocess.Popen(
            command, cwd=place.codex.work, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    try:
        wait_for(lambda: bridge.upstream.asked, "the upstream is asked", bridge)
        time.sleep(0.5)
        program.send_signal(signal.SIGINT)
        program.wait(timeout=AT_ONCE)
        wait_for(lambda: bridge.upstream.left, "the upstream is let go", bridge)
    finally:
        program.kill()
    expect("the client has left" in bridge.gateway.words(), "the gateway knows why", bridge.gateway.words()[-2000:])


def wait_for(holds, claim, bridge):
    until = time.monotonic() + AT_ONCE
    while not holds():
        expect(time.monotonic() < until, claim, bridge.gateway.words()[-2000:])
        time.sleep(0.05)


CHECKS = [
    check_a_session_over_a_websocket_says_only_what_is_new,
    check_a_session_is_resumed_over_another_websocket,
    check_a_limit_of_usage_over_a_websocket_costs_one_request,
    check_too_long_a_conversation_over_a_websocket_costs_one_request,
    check_a_session_with_a_sub_agent,
    check_a_session_that_compacts_itself,
    check_a_session_that_compacts_itself_without_a_websocket,
    check_an_interrupt_ends_a_reply_and_the_conversation_goes_on_from_it_and_is_compacted_by_hand,
    check_a_person_who_interrupts_lets_the_upstream_go,
]
