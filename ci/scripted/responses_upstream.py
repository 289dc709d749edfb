"""A Responses server that says what it is told to say, and judges what it is asked; also as the backend of a ChatGPT login.

A script is a list of acts, one a request. An act is called with the request's body and gives a `Reply`.
"""

import json
import re

from chat_upstream import pieces, words
from servers import ACCOUNT, Reply, Server

# What a Responses request may hold.
FIELDS = set(
    """model input instructions tools tool_choice parallel_tool_calls max_output_tokens max_tool_calls temperature top_p
    reasoning text store stream stream_options include metadata service_tier truncation user safety_identifier
    prompt_cache_key prompt_cache_retention previous_response_id conversation background top_logprobs""".split()
)
# What the Codex backend takes of it.
CODEX_FIELDS = set(
    """model input instructions tools tool_choice parallel_tool_calls reasoning text store stream include service_tier
    prompt_cache_key""".split()
)
USAGE = {
    "input_tokens": 11,
    "input_tokens_details": {"cached_tokens": 4},
    "output_tokens": 7,
    "output_tokens_details": {"reasoning_tokens": 3},
    "total_tokens": 18,
}


class ResponsesUpstream(Server):
    def __init__(self, *acts, issuer=None, port=0):
        """With an issuer of logins it is the Codex backend."""
        super().__init__(port)
        self.acts = list(acts)
        self.issuer = issuer

    @property
    def asked(self):
        """The bodies of all requests for a response."""
        return [request.body for request in self.posts("/responses")]

    def answer(self, request):
        path = request.path.split("?")[0]
        if self.issuer is None and (request.method, path) == ("GET", "/v1/models"):
            model = {"id": "gpt-5.5", "object": "model", "created": 1, "owned_by": "loopback"}
            return Reply.json(200, {"object": "list", "data": [model]})
        if request.method != "POST" or not path.endswith("/responses"):
            if not (request.method == "GET" and path.endswith("/models")) and not path.endswith("/input_tokens"):
                self.complain(f"{request.method} {request.path}")
            return Reply.json(404, {"error": {"message": "no such path", "type": "invalid_request_error"}})
        if self.issuer and request.headers.get("authorization", "").removeprefix("Bearer ") not in self.issuer.good:
            return Reply.json(401, {"detail": "Could not parse your authentication token. Please try signing in again."})
        if self.issuer and request.headers.get("chatgpt-account-id") != ACCOUNT:
            self.complain(f"account id {request.headers.get('chatgpt-account-id')!r}")
        body = request.body
        for complaint in judge(body, codex=self.issuer is not None):
            self.complain(f"request {len(self.asked)}: {complaint}")
        if not self.acts:
            return Reply.json(400, {"error": {"message": "nobody expected this request", "type": "invalid_request_error"}})
        # The last act is played again as often as it is asked for.
        act = self.acts.pop(0) if len(self.acts) > 1 else self.acts[0]
        reply = act(body)
        return reply if body.get("stream") else whole(reply)


# ---- acts


def say(text, thoughts="", seal=None):
    """A text, word for word, after thoughts if there are any. A seal is what the thoughts travel as."""
    return lambda body: stream(thought(thoughts, seal) + message(text))


def call(name, argument, text=""):
    return calls((name, argument), text=text)


def calls(*wanted, text="", thoughts="", seal=None):
    """Calls of functions, one after the other."""

    def act(body):
        items = thought(thoughts, seal) + (message(text) if text else [])
        return stream(items + [made(body, at, *each) for at, each in enumerate(wanted)])

    return act


def break_off(text):
    """Half a text, and then the connection is gone."""
    return lambda body: stream(message(text), cut=True)


def break_off_call(name, argument, before=()):
    """Whole calls, then half a one, and then the connection is gone."""

    def act(body):
        whole = [made(body, at, *each) for at, each in enumerate(before)]
        return stream([*whole, made(body, len(whole), name, argument)], cut=True)

    return act


def fail_call(name, argument):
    """Half a call, and then the server says that it has failed."""
    return lambda body: stream([made(body, 0, name, argument)], cut=True, error=("server_error", "The engine died."))


def run_out(name, argument):
    """Half a call, and then the limit of tokens is reached."""
    return lambda body: stream([made(body, 0, name, argument)], cut=True, incomplete="max_output_tokens")


def decline(text):
    """The model refuses, in words."""
    return lambda body: stream(message(text, kind="refusal"))


def withhold(text):
    """A filter stops the model."""
    return lambda body: stream(message(text), incomplete="content_filter")


def refuse(status, kind, message, **more):
    headers = more.pop("headers", {})
    return lambda _: Reply.json(status, {"error": {"message": message, "type": kind, **more}}, **headers)


def too_long():
    words = "Your input exceeds the context window of this model. Please adjust your input and try again."
    return lambda _: stream([], cut=True, error=("context_length_exceeded", words))


def missing(model):
    words = f"The model `{model}` does not exist or you do not have access to it."
    return refuse(404, "invalid_request_error", words, code="model_not_found", param="model")


def overloaded():
    return refuse(503, "service_unavailable_error", "Our servers are currently overloaded. Please try again later.", code="server_is_overloaded")


def search(query, sources, text):
    """The server searches the web by itself and then says what it has found."""
    action = {"type": "search", "query": query, "sources": [{"type": "url", "url": url} for url in sources]}
    return lambda body: stream([{"type": "web_search_call", "id": "ws_1", "status": "completed", "action": action}, *message(text)])


# ---- how it is written


def thought(text, seal):
    if not text and not seal:
        return []
    summary = [{"type": "summary_text", "text": text}] if text else []
    return [{"type": "reasoning", "id": "rs_loopback", "summary": summary, "encrypted_content": seal or "gAAAA-loopback"}]


def message(text, kind="output_text"):
    if kind == "refusal":
        part = {"type": "refusal", "refusal": text}
    else:
        part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    return [{"type": "message", "id": "msg_loopback", "role": "assistant", "status": "completed", "content": [part]}]


def made(body, at, name, argument):
    offered = [tool for tool in body.get("tools", []) if tool.get("name") == name]
    if len(offered) != 1:
        raise LookupError(f"{len(offered)} tools are called {name}, of {[tool.get('name') for tool in body.get('tools', [])]}")
    said = argument if isinstance(argument, str) else json.dumps(argument)
    call_id = f"call_{name}_{len(body['input'])}_{at}"
    return {"type": "function_call", "id": f"fc_{at}", "call_id": call_id, "name": name, "arguments": said, "status": "completed"}


def stream(items, cut=False, error=None, incomplete=None):
    """The items, event by event. `cut`: the last one is told by half; then nothing comes, or the error, or the end of a
    reply that is not complete."""
    empty = {"id": "resp_loopback", "object": "response", "created_at": 1, "model": "gpt-5.5", "output": []}
    events = [{"type": "response.created", "response": {**empty, "status": "in_progress"}}]
    for at, item in enumerate(items):
        events += told(at, item, half=cut and at == len(items) - 1)
    if error:
        code, message = error
        failed = {**empty, "status": "failed", "error": {"code": code, "message": message}}
        events.append({"type": "response.failed", "response": failed})
    elif incomplete:
        ended = {**empty, "status": "incomplete", "incomplete_details": {"reason": incomplete}, "usage": USAGE}
        events.append({"type": "response.incomplete", "response": ended})
    elif not cut:
        # The Codex backend leaves `output` empty here; others repeat all of it, and clients have to bear both.
        events.append({"type": "response.completed", "response": {**empty, "status": "completed", "usage": USAGE}})
    events = [{**event, "sequence_number": number} for number, event in enumerate(events)]
    return Reply.events(events, cut=cut and not error and not incomplete)


def whole(reply):
    """The reply of a stream in one piece."""
    if not (events := reply.told()):
        return reply
    items = [event["item"] for event in events if event["type"] == "response.output_item.done"]
    return reply.whole({**events[-1].get("response", {}), "output": items})


def told(at, item, half):
    """The events of one item; half of them lack the end of what it says, and its own."""
    where = {"output_index": at, "item_id": item["id"]}
    kind = item["type"]
    if kind == "message":
        (part,) = item["content"]
        refusal = part["type"] == "refusal"
        name, field = ("refusal", "refusal") if refusal else ("output_text", "text")
        bare = {**item, "status": "in_progress", "content": []}
        here = {**where, "content_index": 0}
        deltas = [{"type": f"response.{name}.delta", **here, "delta": word} for word in words(part[field])]
        begin = [{"type": "response.content_part.added", **here, "part": {**part, field: ""}}]
        end = [
            {"type": f"response.{name}.done", **here, field: part[field]},
            {"type": "response.content_part.done", **here, "part": part},
        ]
    elif kind == "reasoning":
        bare = {**item, "summary": []}
        begin, deltas, end = [], [], []
        for number, part in enumerate(item["summary"]):
            here = {**where, "summary_index": number}
            begin.append({"type": "response.reasoning_summary_part.added", **here, "part": {**part, "text": ""}})
            deltas += [{"type": "response.reasoning_summary_text.delta", **here, "delta": word} for word in words(part["text"])]
            end.append({"type": "response.reasoning_summary_text.done", **here, "text": part["text"]})
    elif kind == "function_call":
        bare = {**item, "status": "in_progress", "arguments": ""}
        cut_short = item["arguments"].removesuffix("}").removesuffix('"') if half else item["arguments"]
        event = "response.function_call_arguments"
        begin = []
        deltas = [{"type": f"{event}.delta", **where, "delta": piece} for piece in pieces(cut_short)]
        end = [{"type": f"{event}.done", **where, "arguments": item["arguments"]}]
    else:
        bare, begin, deltas, end = {**item, "status": "in_progress"}, [], [], []
        bare.pop("action", None)
    added = [{"type": "response.output_item.added", "output_index": at, "item": bare}]
    if half:
        return added + begin + deltas
    return added + begin + deltas + end + [{"type": "response.output_item.done", "output_index": at, "item": item}]


# ---- what may be asked


def judge(body, codex):
    """What a strict Responses server would find wrong with a request."""
    unknown = sorted(set(body) - (CODEX_FIELDS if codex else FIELDS))
    if unknown:
        yield f"unknown fields {unknown}"
    if codex and (body.get("stream") is not True or body.get("store") is not False or "instructions" not in body):
        yield f"not as the backend wants it: stream {body.get('stream')}, store {body.get('store')}"
    # No schema of the client's is written for OpenAI's strict mode, which is what silence means here.
    for tool in body.get("tools", []):
        if tool["type"] == "function" and "strict" not in tool:
            yield f"the tool {tool['name']} does not say whether it is strict"
    names = [tool["name"] for tool in body.get("tools", []) if tool["type"] == "function"]
    yield from (f"the tool name {name!r}" for name in names if not re.fullmatch(r"[A-Za-z0-9_-]{1,128}", name))
    if len(set(names)) != len(names):
        yield f"a tool is there twice: {names}"
    waiting = []
    for at, item in enumerate(items(body)):
        kind = item.get("type", "message")
        if kind == "function_call":
            waiting.append(item["call_id"])
            if not isinstance(json.loads(item["arguments"]), dict):
                yield f"input[{at}]: the arguments are no object"
        elif kind == "function_call_output":
            if item["call_id"] not in waiting:
                yield f"input[{at}] answers {item['call_id']}, and only {waiting} are open"
            else:
                waiting.remove(item["call_id"])
        elif kind == "message":
            if waiting:
                yield f"input[{at}] comes while the calls {waiting} are not answered"
                waiting = []
            if not texts(item) and not any(part["type"].startswith("input_") for part in item["content"]):
                yield f"input[{at}] of {item['role']} says nothing"
            if codex and item["role"] == "system":
                yield f"input[{at}] has the role system"
            wanted = "output_text" if item["role"] == "assistant" else "input_"
            if isinstance(item["content"], list) and not all(part["type"].startswith((wanted, "refusal")) for part in item["content"]):
                yield f"input[{at}] of {item['role']} holds {[part['type'] for part in item['content']]}"
        elif kind == "reasoning":
            after = items(body)[at + 1] if at + 1 < len(items(body)) else {}
            if after.get("role", "assistant") != "assistant" or after.get("type") == "function_call_output":
                yield f"input[{at}] is a thought with nothing behind it"
    if waiting:
        yield f"the calls {waiting} are never answered"


def items(body):
    said = body["input"]
    return [{"type": "message", "role": "user", "content": said}] if isinstance(said, str) else said


def texts(item):
    """All text of an item."""
    content = item.get("content") or item.get("output") or ""
    if isinstance(content, str):
        return content
    return "".join(part.get("text") or part.get("refusal") or "" for part in content)


def history(body):
    """What was said, in words that no API has for itself: see `chat_upstream.history`."""
    for item in items(body):
        kind = item.get("type", "message")
        if kind == "function_call":
            yield ("call", item["call_id"], item["name"], item["arguments"])
        elif kind == "function_call_output":
            yield ("result", item["call_id"], texts(item))
        elif kind == "reasoning":
            yield ("thought", "".join(part["text"] for part in item["summary"]), item.get("id"), item.get("encrypted_content"))
        elif kind == "message":
            yield ("system" if item["role"] in ("system", "developer") else item["role"], texts(item))
        else:
            yield (kind, json.dumps(item))


def tools(body):
    """The names of the tools that are offered."""
    return [tool.get("name", tool["type"]) for tool in body.get("tools", [])]
