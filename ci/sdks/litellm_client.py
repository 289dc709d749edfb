"""LiteLLM as a client, in each of the APIs it speaks, over a server that makes up its answers.

    BASE_URL=http://127.0.0.1:PORT python3 ci/sdks/litellm_client.py
"""

import json
import os

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

import litellm  # noqa: E402 - it reads the variable when it is loaded

TEXT = "Hello from loopback, in a few words."
MODEL = "claude-loopback-5"
BASE = os.environ["BASE_URL"]
HELLO = [{"role": "user", "content": "hello"}]
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = [{"type": "function", "function": {"name": "get_weather", "parameters": PARAMETERS}}]
# What LiteLLM calls the provider, and where it finds it.
APIS = {"openai": f"{BASE}/v1", "anthropic": BASE}

for provider, base in APIS.items():
    more = {"api_base": base, "api_key": "sk-loopback", "num_retries": 0, "max_tokens": 4096}

    def streamed(model):
        chunks = litellm.completion(model=f"{provider}/{model}", messages=HELLO, stream=True, **more)
        return "".join(chunk.choices[0].delta.content or "" for chunk in chunks)

    assert streamed(MODEL) == TEXT
    message = litellm.completion(model=f"{provider}/{MODEL}", messages=HELLO, tools=WEATHER, **more).choices[0].message
    (call,) = message.tool_calls
    assert (call.function.name, json.loads(call.function.arguments)) == ("get_weather", {"city": "Bergen"}), message
    after = [*HELLO, message.model_dump(exclude_none=True), {"role": "tool", "tool_call_id": call.id, "content": "rain"}]
    reply = litellm.completion(model=f"{provider}/{MODEL}", messages=after, tools=WEATHER, **more)
    assert reply.choices[0].message.content == "The tool says: rain", reply
    for model in ("missing", "broken"):
        try:
            said = streamed(model)
        except Exception as error:  # noqa: BLE001 - it has a class for each
            assert str(error), repr(error)
        else:
            raise AssertionError(f"{provider}, {model}: looks like an answer: {said}")
    print("ok", {"openai": "chat", "anthropic": "messages"}[provider])
reply = litellm.responses(model=f"openai/{MODEL}", input="hello", api_base=APIS["openai"], api_key="sk-loopback")
assert reply.output[-1].content[0].text == TEXT, reply
print("ok responses")
