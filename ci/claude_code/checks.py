"""What Claude Code does over each upstream: what it shows, what it runs, and what the upstream is told."""

import base64
import json
import re
import urllib.request

from claude import Session


def check_a_text(case):
    case.script(case.speaks.say("Plain words, quite simple ones.", thoughts="Something simple will do."))
    case.ask("say something")
    case.went_well(requests=1, said=["Plain words, quite simple ones."])
    usage = {"input_tokens": 7, "cache_read_input_tokens": 4, "output_tokens": 7}
    told = case.ended.result["usage"]
    case.same({name: told.get(name) for name in usage}, usage, "the usage")
    case.expect("say something" in case.history()[-1][1], "the prompt arrives")


def check_a_model_by_the_name_that_the_list_gives_it(case):
    """The client lists only what has a name of its own kind."""
    case.script(case.speaks.say("From the list."))
    case.ask("hello", "--model", f"anthropic/{case.model}", CLAUDE_CODE_ENABLE_GATEWAY_MODEL_DISCOVERY="1")
    case.went_well(requests=1, said=["From the list."])
    case.same(case.upstream.asked[0]["model"], case.model, "the model that the upstream is asked for")
    asked = [head.split(" ")[1] for head in case.tap.heads() if head.startswith("get ")]
    case.expect("/v1/models?limit=1000" in asked, "the client asks for the list", asked)
    if case.kind == "codex":
        # The scripted backend has no list.
        return
    with urllib.request.urlopen(case.listing(), timeout=10) as listed:
        names = [model["id"] for model in json.load(listed)["data"]]
    case.expect(f"anthropic/{case.model}" in names, "the model is listed by this name", names)


def check_a_tool_and_its_result(case):
    command = {"command": 'echo f"r"om-$((40 + 2)) „täglich“', "description": "Says it"}
    case.script(case.speaks.call("Bash", command, text="Let me look."), case.speaks.say("It is 42."))
    case.ask("run it")
    case.went_well(requests=2, said=["Let me look.", "It is 42."])
    before, made, result = case.history()[-3:]
    case.same(before, ("assistant", "Let me look."), "the text before the call")
    case.same((made[2], json.loads(made[3])), ("Bash", command), "the call")
    case.same(made[1], result[1], "whom the result answers")
    case.expect("from-42 „täglich“" in result[2], "the result of the command arrives")


def check_two_tools_at_once(case):
    """The first takes longer, so that the results come in the other order."""
    both = [("Bash", {"command": f"{wait}echo {word}-$((1 + 1))"}) for wait, word in (("sleep 1; ", "left"), ("", "right"))]
    case.script(case.speaks.calls(*both), case.speaks.say("Both done."))
    case.ask("run both")
    case.went_well(requests=2, said=["Both done."])
    calls = {said[1]: json.loads(said[3])["command"] for said in case.history() if said[0] == "call"}
    results = {said[1]: said[2] for said in case.history() if said[0] == "result"}
    case.same(len(results), 2, "the number of results")
    for call, command in calls.items():
        word = "left-2" if "left" in command else "right-2"
        case.expect(word in results[call], f"the call of {command!r} gets its own result", results)


def check_thoughts_come_back_in_a_later_run(case):
    case.script(*thinking(case, "say", "Plums, then."), case.speaks.say("You said plums."))
    case.ask("remember plums")
    case.went_well(requests=1, said=["Plums, then."])
    case.ask("what was it?", "--continue")
    case.went_well(requests=2, said=["You said plums."])
    asked, thought, said, last = case.history()[-4:]
    case.expect("remember plums" in asked[1], "the first prompt is there")
    case.same(thought, came_back(case), "the thought")
    case.same(said, ("assistant", "Plums, then."), "the answer, behind its thought")
    case.expect("what was it?" in last[1], "the second prompt is last")


def check_thoughts_come_back_before_their_call(case):
    both = [("Bash", {"command": f"echo {word}"}) for word in ("left", "right")]
    case.script(*thinking(case, "calls", *both), case.speaks.say("Done."))
    case.ask("run it")
    case.went_well(requests=2, said=["Done."])
    case.same([said[0] for said in case.history()][-5:], ["thought", "call", "call", "result", "result"], "the turn")
    case.same(case.history()[-5], came_back(case), "the thought")


# Characters that base64 of both kinds and a careless parser know.
SEAL = "gAAAAABp-_+/" + "Zm9v" * 300 + "=="
THOUGHTS = "First this,\n\nthen „that“."


def thinking(case, act, *what):
    """An act with thoughts; where the API can seal them, they are sealed."""
    seal = {} if case.kind == "chat" else {"seal": SEAL}
    yield getattr(case.speaks, act)(*what, thoughts=THOUGHTS, **seal)


def came_back(case):
    """What the upstream must be told of these thoughts."""
    return ("thought", THOUGHTS, None, None) if case.kind == "chat" else ("thought", THOUGHTS, "rs_loopback", SEAL)


def check_a_refusal_in_words_is_the_answer(case):
    case.script(case.speaks.decline("I would rather not."))
    case.ask("do it")
    case.went_well(requests=1, said=["I would rather not."])


def check_an_answer_that_a_filter_stops_is_none(case):
    """The client tells the model what has happened, once, and then the person."""
    case.script(case.speaks.withhold("The first half of"))
    case.ask("do it")
    case.says_why("safeguards flagged")
    case.cost(requests=2)


def check_an_overloaded_upstream_is_asked_again(case):
    case.script(case.speaks.overloaded(), case.speaks.say("Here I am."))
    case.ask("hello")
    case.ended_well(["Here I am."])
    case.same(len(case.upstream.asked), 2, "the number of requests to the upstream")


def check_an_upstream_that_stays_overloaded(case):
    case.script(case.speaks.overloaded())
    case.ask("hello", CLAUDE_CODE_MAX_RETRIES="1")
    case.says_why("overloaded. Please try again later.")
    case.shown([], streamed="")


def check_a_key_that_the_upstream_refuses(case):
    case.script(case.speaks.refuse(401, "invalid_request_error", "Incorrect API key provided.", code="invalid_api_key"))
    case.ask("hello", CLAUDE_CODE_MAX_RETRIES="1")
    case.says_why("401")
    case.shown([], streamed="")


def check_a_model_that_is_not_there(case):
    case.script(case.speaks.missing("nonesuch"))
    case.ask("hello", CLAUDE_CODE_MAX_RETRIES="1")
    case.says_why("model")
    case.shown([], streamed="")


def check_a_text_that_breaks_off_is_asked_for_again_and_shown_once(case):
    case.script(case.speaks.break_off("Half of it"), case.speaks.say("Half of it is not enough."))
    case.ask("all of it")
    case.ended_well(["Half of it is not enough."], streamed="Half of it")
    case.cost(requests=2)
    case.same([said[0] for said in case.history()], ["user"], "what there is in the history")


def check_a_text_that_always_breaks_off(case):
    case.script(case.speaks.break_off("Half of it"))
    case.ask("all of it", CLAUDE_CODE_MAX_RETRIES="1")
    case.says_why("upstream stream ended early")
    case.shown([], streamed="Half of it")


HALF = {"command": "touch half-of-it-was-run"}


def not_run(case, streamed=""):
    case.expect(not (case.claude.work / "half-of-it-was-run").exists(), "half a call is not run")
    case.ended_well(["Let us leave it."], streamed=streamed)


def check_a_call_that_breaks_off_is_not_run(case):
    case.script(case.speaks.break_off_call("Bash", HALF), case.speaks.say("Let us leave it."))
    case.ask("run it")
    not_run(case)
    case.same([said[0] for said in case.history()], ["user"], "what there is in the history")


def check_a_call_that_fails_is_not_run(case):
    case.script(case.speaks.fail_call("Bash", HALF), case.speaks.say("Let us leave it."))
    case.ask("run it")
    not_run(case)
    case.same([said[0] for said in case.history()], ["user"], "what there is in the history")


def check_a_call_for_which_the_tokens_run_out_is_not_run(case):
    case.script(case.speaks.run_out("Bash", HALF), case.speaks.say("Let us leave it."))
    case.ask("run it")
    not_run(case, streamed="Let us leave it.")
    case.expect("could not be parsed" in case.history()[-1][2], "the model is told why it was not run")


def check_of_two_calls_the_one_that_breaks_off_is_not_run(case):
    """The first one is whole, and the client runs it whatever comes behind it."""
    whole = ("Bash", {"command": "echo whole >> whole"})
    case.script(case.speaks.break_off_call("Bash", HALF, before=[whole]), case.speaks.say("Let us leave it."))
    case.ask("run it")
    not_run(case, streamed="Let us leave it.")
    case.same((case.claude.work / "whole").read_text(), "whole\n", "what the whole call has written")
    case.same([said[0] for said in case.history()], ["user", "call", "result"], "what there is in the history")


def check_what_fills_the_context_is_counted(case):
    """It counts each part by a request of its own, and makes do with a guess where it is refused."""
    case.script(case.speaks.say("Nobody asks."))
    case.ask("/context")
    case.same(case.ended.status, 0, "the status of the client")
    counted = [head for head in case.tap.posts() if "/v1/messages/count_tokens" in head.split("\r\n")[0]]
    case.expect(len(counted) > 10, "it counts each part", len(counted))
    answered = [line for line in case.gateway.words().splitlines() if "path=/v1/messages/count_tokens" in line]
    case.same([line for line in answered if "status=200" not in line], [], "requests that were not answered")
    case.same(len(case.upstream.asked), 0, "requests to the upstream for an answer")


def check_a_conversation_that_grows_too_long_is_summed_up_and_goes_on(case):
    say, too_long = case.speaks.say, case.speaks.too_long
    turns = [say(f"Fruit number {number}.") for number in range(1, 5)]
    case.script(*turns, too_long(), say("<summary>SUMMARY: fruit was named.</summary>"), say("Plums it is."))
    session = case.keep(Session(case.claude, log=case.scratch / "session.log"))
    for number in range(1, 5):
        result, said = session.turn(f"name fruit {number}")
        case.same((result["is_error"], said), (False, [f"Fruit number {number}."]), f"turn {number}")
    result, said = session.turn("and the best one?")
    case.same((result["is_error"], result.get("result")), (False, "Plums it is."), "the turn that was too long", *session.events[-5:])
    case.expect("Plums it is." in said and "Fruit" not in "".join(said), "what is shown", said)
    case.same(case.upstream.complaints, [], "what the upstream has to complain of")
    before, summed, after = (list(case.history(at)) for at in (4, 5, 6))
    case.expect("and the best one?" in before[-1][1], "the request that was too long has the question")
    case.expect("Fruit number 1." in str(summed) and "summary" in summed[-1][1].lower(), "a summary of it all is asked for", summed)
    case.expect("SUMMARY: fruit was named." in str(after), "the model is given the summary", after)
    case.expect("and the best one?" in str(after), "and the question again", after)
    case.expect("Fruit number 1." not in str(after), "and not what it stands for", after)


def check_an_answer_by_a_schema(case):
    schema = {"type": "object", "properties": {"colour": {"type": "string"}}, "required": ["colour"]}
    case.script(case.speaks.call("StructuredOutput", {"colour": "green"}), case.speaks.say("Done."))
    case.ask("which colour?", "--json-schema", json.dumps(schema))
    case.expect(not case.ended.failed, "the turn ended well")
    case.same(case.ended.result.get("structured_output"), {"colour": "green"}, "the answer")


# A PNG of one pixel.
PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def check_a_picture_as_a_result(case):
    case.script(lambda body: case.speaks.call("Read", {"file_path": str(case.claude.work / "pixel.png")})(body), case.speaks.say("One pixel."))
    (case.claude.work / "pixel.png").write_bytes(base64.b64decode(PIXEL))
    case.ask("look at it")
    case.went_well(requests=2, said=["One pixel."])
    told = json.dumps(case.upstream.asked[1])
    case.same(len(re.findall(r"data:image/(?:png|jpeg|webp);base64,", told)), 1, "the number of pictures")


def check_a_tool_that_is_searched_for_is_offered_then(case):
    search = case.speaks.call("ToolSearch", {"query": "select:NotebookEdit", "max_results": 3})
    case.script(search, case.speaks.say("Found it."))
    case.ask("edit the notebook")
    case.went_well(requests=2, said=["Found it."])
    first, second = (case.speaks.tools(body) for body in case.upstream.asked)
    case.same([name for name in second if name not in first], ["NotebookEdit"], "what is offered anew")
    case.same(second[: len(first)], first, "what was offered before, which a cache knows")
    (result,) = [said for said in case.history() if said[0] == "result"]
    case.expect("NotebookEdit" in result[2], "the result names it", result)


def check_a_search_of_the_web_shows_its_links(case):
    """A request of its own, in which the server searches by itself."""
    found = case.speaks.search("weather in Bergen", ["https://weather.example/bergen"], "It rains in Bergen.")

    def act(body):
        if any(tool["type"] == "web_search" for tool in body["tools"]):
            return found(body)
        results = [said for said in case.speaks.history(body) if said[0] == "result"]
        if not results:
            return case.speaks.call("ToolSearch", {"query": "select:WebSearch", "max_results": 3})(body)
        if len(results) == 1:
            return case.speaks.call("WebSearch", {"query": "weather in Bergen"})(body)
        return case.speaks.say("Rain, then.")(body)

    case.script(act)
    case.ask("what is the weather in Bergen?")
    case.ended_well(["Rain, then."])
    told = [said[2] for said in case.history() if said[0] == "result"][-1]
    case.expect("https://weather.example/bergen" in told, "the model is told the link", told)
    case.expect("It rains in Bergen." in told, "and what was found", told)


def check_a_sub_agent(case):
    def act(body):
        said = list(case.speaks.history(body))
        if any("count the plums" in str(each[1]) for each in said if each[0] == "user"):
            return case.speaks.say("Seven plums.")(body)
        if not any(each[0] == "result" for each in said):
            task = {"description": "Counts plums", "prompt": "count the plums", "subagent_type": "general-purpose"}
            return case.speaks.call("Agent", {**task, "run_in_background": False})(body)
        return case.speaks.say("There are seven.")(body)

    case.script(act)
    case.ask("have them counted")
    case.same(case.ended.result.get("result"), "There are seven.", "the result")
    case.expect("Seven plums." in str(case.history()[-1]), "what the sub-agent has found arrives")
    case.same(case.upstream.complaints, [], "what the upstream has to complain of")


CHECKS = [value for name, value in list(globals().items()) if name.startswith("check_")]
# Checks that make sense over some upstreams only: a Chat server does not search by itself.
ONLY = {check_a_search_of_the_web_shows_its_links: ["responses", "codex"]}
