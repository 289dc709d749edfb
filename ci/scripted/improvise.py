"""A server that makes up what to say, in any of the APIs: for programs that come with prompts of their own.

    python3 ci/scripted/improvise.py chat|responses|messages PORT

It calls the tool that the prompt names (`call NAME {..}`), or the only few it is offered; says what a tool has given, or what the
prompt tells it to (`say {"text": ".."}`); answers by the schema that is asked for; and for a model called `broken`, `busy` or `missing`, or a prompt with `break off` in it, it fails.
"""

import json
import re
import sys
import threading

import chat_upstream
import messages_upstream
import responses_upstream
from chat_upstream import ChatUpstream
from messages_upstream import MessagesUpstream
from responses_upstream import ResponsesUpstream

SPEAKS = {"chat": chat_upstream, "responses": responses_upstream, "messages": messages_upstream}
KINDS = {"chat": ChatUpstream, "responses": ResponsesUpstream, "messages": MessagesUpstream}
TEXT = "Hello from loopback, in a few words."
# Agents offer more, and say by name which they want.
FEW = 3


def improvise(kind):
    speaks = SPEAKS[kind]

    def act(body):
        if "busy" in body["model"]:
            return speaks.overloaded()(body)
        if "missing" in body["model"]:
            return speaks.missing(body["model"])(body)
        if "broken" in body["model"]:
            return speaks.break_off(TEXT)(body)
        said = [each for each in speaks.history(body) if each[0] not in ("system", "thought")]
        results = []
        for each in reversed(said):
            if each[0] != "result":
                break
            results.insert(0, each[2])
        if results:
            return speaks.say(f"The tool says: {' and '.join(results)}"[:400])(body)
        prompt = next((each[1] for each in reversed(said) if each[0] == "user"), "")
        if "break off" in prompt:
            return speaks.break_off(TEXT)(body)
        named = re.search(r"call (\w+) (\{.*\})", prompt, re.DOTALL)
        # Some programs have the prompt given a title too, and offer no tools for that.
        if named and any(re.search(rf"(^|[^a-z0-9]){named[1]}$", name) for name in speaks.tools(body)):
            return speaks.call(named[1], argument(named[2]), text="Let me see.")(body)
        told = re.search(r"say (\{.*\})", prompt, re.DOTALL)
        if told:
            return speaks.say(argument(told[1])["text"])(body)
        schemas = schemas_of(body)
        if schemas and len(schemas) <= FEW and choice(body) != "none":
            name, schema = next(iter(schemas.items()))
            return speaks.call(name, example(schema, schema))(body)
        wanted = wanted_schema(body)
        if wanted:
            return speaks.say(json.dumps(example(wanted, wanted)))(body)
        return speaks.say(TEXT, thoughts="Something short will do.")(body)

    return act


def argument(text):
    """Some programs put the prompt between quotes."""
    try:
        return json.loads(text)
    except ValueError:
        return json.loads(text.replace('\\"', '"'))


def schemas_of(body):
    """The functions that are offered, by name."""
    found = {}
    for tool in body.get("tools") or []:
        function = tool.get("function", tool)
        schema = function.get("parameters", function.get("input_schema"))
        if schema is not None:
            found[function["name"]] = schema
    return found


def choice(body):
    chosen = body.get("tool_choice")
    return chosen.get("type") if isinstance(chosen, dict) else chosen


def wanted_schema(body):
    """The schema of the answer, where one is asked for."""
    chat = (body.get("response_format") or {}).get("json_schema", {}).get("schema")
    responses = ((body.get("text") or {}).get("format") or {}).get("schema")
    messages = ((body.get("output_config") or {}).get("format") or {}).get("schema")
    return chat or responses or messages


def example(schema, root):
    """Something that a schema allows."""
    if "$ref" in schema:
        return example(root["$defs"][schema["$ref"].rsplit("/", 1)[1]], root)
    for one_of in ("anyOf", "oneOf", "allOf"):
        if one_of in schema:
            return example(schema[one_of][0], root)
    if "enum" in schema or "const" in schema:
        return schema["const"] if "const" in schema else schema["enum"][0]
    kind = schema.get("type", "object")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        needed = schema.get("required", list(schema.get("properties", {})))
        return {name: example(schema["properties"][name], root) for name in needed}
    if kind == "array":
        return [example(schema.get("items", {"type": "string"}), root)]
    return {"string": "Bergen", "integer": 3, "number": 2.5, "boolean": True}.get(kind)


if __name__ == "__main__":
    more = {"streams_only": False} if sys.argv[1] == "chat" else {}
    server = KINDS[sys.argv[1]](improvise(sys.argv[1]), port=int(sys.argv[2]), **more)
    server.complain = lambda text: print(f"complaint: {text}", flush=True)
    threading.Event().wait()
