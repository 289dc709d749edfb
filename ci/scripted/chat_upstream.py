"""A Chat Completions server that says what it is told to say, and judges what it is asked.

A script is a list of acts, one a request. An act is called with the request's body and gives a `Reply`.
"""

import json
import re

from servers import Reply, Server

# What a Chat request may hold. A gateway that forwards anything else breaks on the next server.
FIELDS = set(
    """messages model stream stream_options temperature top_p n stop max_tokens max_completion_tokens presence_penalty
    frequency_penalty logit_bias logprobs top_logprobs user seed tools tool_choice parallel_tool_calls response_format
    reasoning_effort verbosity store metadata service_tier prediction modalities audio web_search_options
    prompt_cache_key prompt_cache_retention safety_identifier""".split()
)
# The one model it has.
CHAT_MODEL = "loopback-large"
USAGE = {
    "prompt_tokens": 11,
    "completion_tokens": 7,
    "total_tokens": 18,
    "prompt_tokens_details": {"cached_tokens": 4},
    "completion_tokens_details": {"reasoning_tokens": 3},
}


class ChatUpstream(Server):
    def __init__(self, *acts, compatible=True, streams_only=True, port=0):
        """`streams_only`: it has to be asked for a stream, which the gateway does for a client that asks for one."""
        super().__init__(port)
        self.acts = list(acts)
        self.compatible, self.streams_only = compatible, streams_only

    @property
    def asked(self):
        """The bodies of all requests for a completion."""
        return [request.body for request in self.posts("/chat/completions")]

    def answer(self, request):
        if (request.method, request.path) == ("GET", "/v1/models"):
            model = {"id": CHAT_MODEL, "object": "model", "created": 1, "owned_by": "loopback"}
            return Reply.json(200, {"object": "list", "data": [model]})
        if request.method != "POST" or request.path != "/v1/chat/completions":
            self.complain(f"{request.method} {request.path}")
            return Reply.json(404, {"error": {"message": "no such path", "type": "invalid_request_error"}})
        body = request.body
        for complaint in judge(body, self.compatible, self.streams_only):
            self.complain(f"request {len(self.asked)}: {complaint}")
        if not self.acts:
            return Reply.json(400, {"error": {"message": "nobody expected this request", "type": "invalid_request_error"}})
        # The last act is played again as often as it is asked for.
        act = self.acts.pop(0) if len(self.acts) > 1 else self.acts[0]
        reply = act(body)
        return reply if body.get("stream") or self.streams_only else whole(reply)


# ---- acts


def say(text, thoughts=""):
    """A text, word for word, after thoughts if there are any."""
    return lambda _: stream(said(text, thoughts), "stop")


def call(name, argument, text=""):
    """A call of the tool that the CLI knows by this name, in pieces: see `calls`."""
    return calls((name, argument), text=text)


def calls(*wanted, text="", thoughts=""):
    """Calls, their arguments interleaved piece by piece.

    The argument of a function is a dictionary, that of a custom tool a string. A custom tool may be offered as such or
    as a function with one string argument, and a tool of a group under a longer name.
    """

    return lambda body: stream(said(text, thoughts) + call_deltas(body, wanted), "tool_calls")


def break_off(text):
    """Half a text, and then the connection is gone."""
    return lambda _: stream(said(text), None, cut=True)


def break_off_call(name, argument, before=()):
    """Whole calls, then half a one, and then the connection is gone."""
    return lambda body: stream(half_a_call(body, name, argument, before), None, cut=True)


def fail_call(name, argument):
    """Half a call, and then the server says that it has failed."""

    def act(body):
        reply = stream(half_a_call(body, name, argument), None, cut=True)
        error = {"error": {"message": "The engine died.", "type": "server_error", "code": None}}
        return Reply(200, reply.body + f"data: {json.dumps(error)}\n\n".encode(), reply.headers)

    return act


def run_out(name, argument):
    """Half a call, and then the limit of tokens is reached."""
    return lambda body: stream(half_a_call(body, name, argument), "length")


def decline(text):
    """The model refuses, in words."""
    return lambda _: stream([{"refusal": word} for word in words(text)], "stop")


def withhold(text):
    """A filter stops the model."""
    return lambda _: stream(said(text), "content_filter")


def refuse(status, kind, message, **more):
    headers = more.pop("headers", {})
    return lambda _: Reply.json(status, {"error": {"message": message, "type": kind, **more}}, **headers)


def too_long():
    message = "This model's maximum context length is 128000 tokens. Please reduce the length of the messages."
    return refuse(400, "invalid_request_error", message, code="context_length_exceeded", param="messages")


def missing(model):
    words = f"The model `{model}` does not exist or you do not have access to it."
    return refuse(404, "invalid_request_error", words, code="model_not_found", param="model")


def overloaded():
    return refuse(503, "server_error", "The server is currently overloaded. Please try again later.", code=None)


# ---- how it is written


def said(text, thoughts=""):
    return [{"reasoning_content": word} for word in words(thoughts)] + [{"content": word} for word in words(text)]


def half_a_call(body, name, argument, before=()):
    """Calls one after the other, of which the last lacks its end."""
    whole = [delta for at, each in enumerate(before) for delta in call_deltas(body, [each], first=at)]
    return whole + call_deltas(body, [(name, argument)], closed=False, first=len(before))


def stream(deltas, finish, cut=False):
    def chunk(choices, **more):
        common = {"id": "chatcmpl-loopback", "object": "chat.completion.chunk", "created": 1, "model": "loopback"}
        return {**common, "choices": choices, **more}

    def choice(delta, finish=None):
        return [{"index": 0, "delta": delta, "finish_reason": finish}]

    chunks = [chunk(choice({"role": "assistant", "content": ""}))] + [chunk(choice(delta)) for delta in deltas]
    if cut:
        return Reply.events(chunks, cut=True)
    return Reply.events([*chunks, chunk(choice({}, finish)), chunk([], usage=USAGE)], done=True)


def whole(reply):
    """The reply of a stream in one piece."""
    if not (chunks := reply.told()):
        return reply
    if "error" in chunks[-1]:
        return Reply.json(500, chunks[-1])
    message, calls = {"role": "assistant", "content": None}, {}
    finish = None
    for choice in (choice for chunk in chunks for choice in chunk["choices"]):
        finish = choice["finish_reason"] or finish
        for name in ("content", "refusal", "reasoning_content"):
            if choice["delta"].get(name):
                message[name] = (message.get(name) or "") + choice["delta"][name]
        for piece in choice["delta"].get("tool_calls", []):
            made = calls.setdefault(piece["index"], {"function": {"name": "", "arguments": ""}})
            made.update({name: piece[name] for name in ("id", "type") if name in piece})
            for name, text in piece["function"].items():
                made["function"][name] += text
    if calls:
        message["tool_calls"] = list(calls.values())
    common = {"id": "chatcmpl-loopback", "object": "chat.completion", "created": 1, "model": "loopback", "usage": USAGE}
    return reply.whole({**common, "choices": [{"index": 0, "message": message, "finish_reason": finish or "stop"}]})


def call_deltas(body, wanted, closed=True, first=0):
    """The deltas of calls; those that are not closed lack the end of a function's arguments."""
    deltas, queues = [], []
    for index, (name, argument) in enumerate(wanted, first):
        offer = offered(body, name)
        kind = offer["type"]
        if isinstance(argument, str) and kind == "function":
            (only,) = offer["function"]["parameters"]["properties"]
            argument = {only: argument}
        written = argument if isinstance(argument, str) else json.dumps(argument)
        if not closed and kind == "function":
            written = written.removesuffix("}").removesuffix('"')
        field = "input" if kind == "custom" else "arguments"
        start = {"index": index, "id": f"call_{name}_{len(body['messages'])}_{index}", "type": kind}
        deltas.append({"tool_calls": [{**start, kind: {"name": offer[kind]["name"], field: ""}}]})
        queues.append([{"index": index, kind: {field: piece}} for piece in pieces(written)])
    while any(queues):
        deltas += [{"tool_calls": [queue.pop(0)]} for queue in queues if queue]
    return deltas


def words(text):
    return re.findall(r"\s*\S+\s*?", text)


def pieces(text):
    """Of five characters, so that escapes of JSON are cut apart too."""
    return [text[start : start + 5] for start in range(0, len(text), 5)]


def offered(body, name):
    """The tool of this name, or of a group in which it has this name."""
    tools = {tool[tool["type"]]["name"]: tool for tool in body.get("tools", [])}
    found = [tool for full, tool in tools.items() if full == name or re.search(rf"[^a-z0-9]{name}$", full)]
    if len(found) != 1:
        raise LookupError(f"{len(found)} tools are called {name}, of {sorted(tools)}")
    return found[0]


# ---- what may be asked


def judge(body, compatible, streams_only):
    """What a strict Chat server would find wrong with a request of the CLI's."""
    unknown = sorted(set(body) - FIELDS)
    if unknown:
        yield f"unknown fields {unknown}"
    is_whole = not body.get("stream") and not streams_only
    if not is_whole and (body.get("stream") is not True or body.get("stream_options", {}).get("include_usage") is not True):
        yield f"not a stream with usage: {body.get('stream')}, {body.get('stream_options')}"
    yield from judge_tools(body, compatible)
    yield from judge_messages(body["messages"], compatible)


def judge_tools(body, compatible):
    names = []
    for tool in body.get("tools", []):
        kind = tool.get("type")
        if kind not in ("function", "custom") or (compatible and kind == "custom"):
            yield f"a tool of type {kind}"
            continue
        names.append(tool[kind]["name"])
        if set(tool) != {"type", kind}:
            yield f"fields of a tool: {sorted(tool)}"
        if kind == "function" and tool["function"].get("parameters", {}).get("type") != "object":
            yield f"the parameters of {names[-1]} are no object"
    yield from (f"the tool name {name!r}" for name in names if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", name))
    if len(set(names)) != len(names):
        yield f"a tool is there twice: {names}"
    if "parallel_tool_calls" in body and not names:
        yield "parallel_tool_calls without tools"


def judge_messages(messages, compatible):
    roles = {"system", "user", "assistant", "tool"} | ({"developer"} - ({"developer"} if compatible else set()))
    waiting = []
    for at, message in enumerate(messages):
        role = message.get("role")
        if role not in roles:
            yield f"messages[{at}] has the role {role}"
        if role == "tool":
            if message["tool_call_id"] not in waiting:
                yield f"messages[{at}] answers {message['tool_call_id']}, and only {waiting} are open"
            else:
                waiting.remove(message["tool_call_id"])
        elif waiting:
            yield f"messages[{at}] comes while the calls {waiting} are not answered"
            waiting = []
        if role == "assistant":
            waiting = [call["id"] for call in message.get("tool_calls", [])]
        if not message.get("content") and not message.get("tool_calls"):
            yield f"messages[{at}] of {role} says nothing"
    if waiting:
        yield f"the calls {waiting} are never answered"
    leading = [message["role"] for message in messages if message["role"] in ("system", "developer")]
    if compatible and len(leading) > 1 and [m["role"] for m in messages[:2]] == ["system", "system"]:
        yield "the leading system messages are not one"


def texts(message):
    """All text of a message."""
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content)


def pictures(message):
    content = message.get("content")
    return [part for part in content if part.get("type") == "image_url"] if isinstance(content, list) else []


def history(body):
    """What was said, in words that no API has for itself, so that a check can ask any upstream."""
    for message in body["messages"]:
        role = message["role"]
        if role == "tool":
            yield ("result", message["tool_call_id"], texts(message))
            continue
        if message.get("reasoning_content"):
            yield ("thought", message["reasoning_content"], None, None)
        if texts(message) or pictures(message):
            yield ("system" if role == "developer" else role, texts(message))
        for made in message.get("tool_calls", []):
            yield ("call", made["id"], made["function"]["name"], made["function"]["arguments"])


def tools(body):
    """The names of the tools that are offered."""
    return [tool[tool["type"]]["name"] for tool in body.get("tools", [])]
