"""A Messages server that says what it is told to say, and judges what it is asked.

A script is a list of acts, one a request. An act is called with the request's body and gives a `Reply`.
"""

import json
import re

from chat_upstream import pieces, words
from servers import Reply, Server

# What a Messages request may hold.
FIELDS = set(
    """model max_tokens messages system tools tool_choice thinking output_config stop_sequences stream metadata service_tier
    cache_control temperature top_p top_k container context_management""".split()
)
MODEL = "claude-loopback-5"
USAGE = {"input_tokens": 7, "cache_read_input_tokens": 4, "cache_creation_input_tokens": 0, "output_tokens": 7}
KEY = "sk-loopback"


class MessagesUpstream(Server):
    def __init__(self, *acts, port=0):
        super().__init__(port)
        self.acts = list(acts)

    @property
    def asked(self):
        """The bodies of all requests for a message."""
        return [request.body for request in self.posts("/messages")]

    def answer(self, request):
        path = request.path.split("?")[0]
        if (request.method, path) == ("GET", "/v1/models"):
            more = {"created_at": "2026-01-01T00:00:00Z", "lifecycle": "active", "max_input_tokens": 200000, "max_tokens": 64000}
            model = {"type": "model", "id": MODEL, "display_name": "Loopback 5", **more}
            return Reply.json(200, {"data": [model], "has_more": False, "first_id": MODEL, "last_id": MODEL})
        if request.method != "POST" or path != "/v1/messages":
            self.complain(f"{request.method} {request.path}")
            return error(404, "not_found_error", "no such path")
        # Clients of the newest version send the key as a bearer, and the real server takes both.
        keys = (request.headers.get("x-api-key"), request.headers.get("authorization", "").removeprefix("Bearer "))
        if KEY not in keys or not request.headers.get("anthropic-version"):
            self.complain(f"no key, or no anthropic-version: {sorted(request.headers.keys())}")
            return error(401, "authentication_error", "invalid x-api-key")
        body = request.body
        found = list(judge(body))
        if found:
            # As the real one does, which takes nothing that it does not know.
            for complaint in found:
                self.complain(f"request {len(self.asked)}: {complaint}")
            return error(400, "invalid_request_error", "; ".join(found))
        if not self.acts:
            return error(400, "invalid_request_error", "nobody expected this request")
        # The last act is played again as often as it is asked for.
        act = self.acts.pop(0) if len(self.acts) > 1 else self.acts[0]
        return act(body)


# ---- acts


def say(text, thoughts="", seal=None):
    """A text, word for word, after thoughts if there are any and the client wants them."""
    return lambda body: reply(body, thought(body, thoughts, seal) + [{"type": "text", "text": text}])


def call(name, argument, text=""):
    return calls((name, argument), text=text)


def calls(*wanted, text="", thoughts="", seal=None):
    def act(body):
        said = thought(body, thoughts, seal) + ([{"type": "text", "text": text}] if text else [])
        return reply(body, said + [made(body, at, *each) for at, each in enumerate(wanted)], "tool_use")

    return act


def break_off(text):
    """Half a text, and then the connection is gone."""
    return lambda body: reply(body, [{"type": "text", "text": text}], cut=True)


def break_off_call(name, argument, before=()):
    """Whole calls, then half a one, and then the connection is gone."""

    def act(body):
        whole = [made(body, at, *each) for at, each in enumerate(before)]
        return reply(body, [*whole, made(body, len(whole), name, argument)], cut=True)

    return act


def fail(text, kind="overloaded_error", message="Overloaded"):
    """Half a text, and then the server says that it has failed."""
    return lambda body: reply(body, [{"type": "text", "text": text}], cut=True, failure={"type": kind, "message": message})


def withhold(text):
    """A filter stops the model."""
    return lambda body: reply(body, [{"type": "text", "text": text}], "refusal")


def refuse(status, kind, message, **more):
    return lambda _: error(status, kind, message, **more)


def too_long():
    return refuse(400, "invalid_request_error", "prompt is too long: 210000 tokens > 200000 maximum")


def missing(model):
    return refuse(404, "not_found_error", f"model: {model}")


def overloaded():
    return refuse(529, "overloaded_error", "Overloaded")


# ---- how it is written


def error(status, kind, message, **headers):
    body = {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_loopback"}
    return Reply.json(status, body, request_id="req_loopback", **headers)


def thought(body, text, seal):
    thinks = body.get("thinking", {"type": "disabled"})["type"] != "disabled"
    return [{"type": "thinking", "thinking": text, "signature": seal or "EqQBloopback=="}] if text and thinks else []


def made(body, at, name, argument):
    offer = offered(body, name)
    if isinstance(argument, str):
        (only,) = offer["input_schema"]["properties"]
        argument = {only: argument}
    return {"type": "tool_use", "id": f"toolu_{len(body['messages'])}_{at}", "name": offer["name"], "input": argument}


def offered(body, name):
    """The tool of this name, or of a group in which it has this name."""
    tools = [tool for tool in body.get("tools", []) if re.search(rf"(^|[^a-z0-9]){name}$", tool["name"])]
    if len(tools) != 1:
        raise LookupError(f"{len(tools)} tools are called {name}, of {[tool['name'] for tool in body.get('tools', [])]}")
    return tools[0]


def reply(body, blocks, stop="end_turn", cut=False, failure=None):
    """The blocks, event by event or whole. `cut`: the last one is told by half; then nothing comes, or the failure."""
    message = {"id": "msg_loopback", "type": "message", "role": "assistant", "model": body["model"]}
    if not body.get("stream"):
        if cut:
            return error(500, "api_error", "The engine died.")
        ended = {"content": blocks, "stop_reason": stop, "stop_sequence": None, "usage": USAGE}
        return Reply.json(200, {**message, **ended}, request_id="req_loopback")
    begun = {**message, "content": [], "stop_reason": None, "stop_sequence": None, "usage": {**USAGE, "output_tokens": 1}}
    events = [{"type": "message_start", "message": begun}, {"type": "ping"}]
    for at, block in enumerate(blocks):
        events += told(at, block, half=cut and at == len(blocks) - 1)
    if failure:
        events.append({"type": "error", "error": failure})
    elif not cut:
        delta = {"stop_reason": stop, "stop_sequence": None}
        events += [{"type": "message_delta", "delta": delta, "usage": USAGE}, {"type": "message_stop"}]
    frames = "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events)
    return Reply(200, frames.encode(), {"content-type": "text/event-stream", "request-id": "req_loopback"}, cut and not failure)


def told(at, block, half):
    """The events of one block; half of them lack the end of a call's input, and its own."""
    if block["type"] == "text":
        empty = {**block, "text": ""}
        deltas = [{"type": "text_delta", "text": word} for word in words(block["text"])]
    elif block["type"] == "thinking":
        empty = {**block, "thinking": "", "signature": ""}
        deltas = [{"type": "thinking_delta", "thinking": word} for word in words(block["thinking"])]
        deltas.append({"type": "signature_delta", "signature": block["signature"]})
    else:
        empty = {**block, "input": {}}
        written = json.dumps(block["input"])
        written = written.removesuffix("}").removesuffix('"') if half else written
        deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces(written)]
    yield {"type": "content_block_start", "index": at, "content_block": empty}
    yield from ({"type": "content_block_delta", "index": at, "delta": delta} for delta in deltas)
    if not half:
        yield {"type": "content_block_stop", "index": at}


# ---- what may be asked


def judge(body):
    """What the real server would find wrong with a request."""
    unknown = sorted(set(body) - FIELDS)
    if unknown:
        yield f"{unknown[0]}: Extra inputs are not permitted"
    if not isinstance(body.get("max_tokens"), int):
        yield "max_tokens: Field required"
    for tool in body.get("tools", []):
        if not re.fullmatch(r"[a-zA-Z0-9_-]{1,128}", tool["name"]):
            yield f"tools: the name {tool['name']!r}"
        if tool.get("type", "custom") == "custom" and tool.get("input_schema", {}).get("type") != "object":
            yield f"tools: the schema of {tool['name']} is no object"
    names = tools(body)
    if len(set(names)) != len(names):
        yield f"tools: a name is there twice: {names}"
    if "tool_choice" in body and not names:
        yield "tool_choice without tools"
    marks = len(re.findall(r'"cache_control"', json.dumps(body)))
    if marks > 4:
        yield f"{marks} marks for the cache, and only 4 may be"
    yield from judge_messages(body["messages"])


def judge_messages(messages):
    waiting, last = [], None
    for at, message in enumerate(messages):
        role = message["role"]
        if role not in ("user", "assistant", "system"):
            yield f"messages[{at}] has the role {role}"
        blocks = parts(message)
        if not blocks or any(block["type"] == "text" and not block["text"].strip() for block in blocks):
            yield f"messages[{at}] of {role} has an empty text, or nothing"
        if role == "system" and last != "user":
            yield f"messages[{at}] of the operator stands behind {last}"
        results = [block["tool_use_id"] for block in blocks if block["type"] == "tool_result"]
        if sorted(results) != sorted(waiting):
            yield f"messages[{at}] answers {results}, and {waiting} are open"
        if any(block["type"] != "tool_result" for block in blocks[: len(results)]):
            yield f"messages[{at}]: something stands before a result"
        if role != "system":
            waiting = [block["id"] for block in blocks if block["type"] == "tool_use"]
        for identifier in waiting:
            if not re.fullmatch(r"[a-zA-Z0-9_-]+", identifier):
                yield f"messages[{at}]: the id {identifier!r}"
        if blocks and blocks[-1]["type"] == "thinking":
            yield f"messages[{at}] ends with a thought"
        last = role
    if waiting:
        yield f"the calls {waiting} are never answered"
    if messages and messages[-1]["role"] == "assistant":
        yield "the conversation ends with the model's turn"


def parts(message):
    content = message["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def texts(block):
    """All text of a block or a message."""
    content = block.get("text") or block.get("content") or ""
    return content if isinstance(content, str) else "".join(map(texts, content))


def history(body):
    """What was said, in words that no API has for itself: see `chat_upstream.history`."""
    for message in body["messages"]:
        for block in parts(message):
            if block["type"] == "tool_use":
                yield ("call", block["id"], block["name"], json.dumps(block["input"]))
            elif block["type"] == "tool_result":
                yield ("result", block["tool_use_id"], texts(block))
            elif block["type"] == "thinking":
                yield ("thought", block["thinking"], None, block["signature"])
            elif block["type"] == "text":
                yield (message["role"], block["text"])


def tools(body):
    """The names of the tools that are offered."""
    return [tool["name"] for tool in body.get("tools", [])]
