"""OpenAI's SDK for Python over a Messages server that makes up its answers: `ci/scripted/improvise.py` behind the gateway.

    BASE_URL=http://127.0.0.1:PORT python3 ci/sdks/openai_sdk.py
"""

import json
import os

import openai
from pydantic import BaseModel

client = openai.OpenAI(base_url=f"{os.environ['BASE_URL']}/v1", api_key="sk-loopback", max_retries=0, timeout=30)
TEXT = "Hello from loopback, in a few words."
MODEL = "claude-loopback-5"
HELLO = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "hello"}]
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"], "additionalProperties": False}
WEATHER = {"name": "get_weather", "description": "The weather in a city.", "parameters": PARAMETERS, "strict": True}


class City(BaseModel):
    name: str
    people: int


def chat_whole_and_streamed():
    whole = client.chat.completions.create(model=MODEL, messages=HELLO)
    assert (whole.choices[0].message.content, whole.choices[0].finish_reason) == (TEXT, "stop"), whole
    assert (whole.usage.prompt_tokens, whole.usage.completion_tokens, whole.usage.prompt_tokens_details.cached_tokens) == (11, 7, 4)
    with client.chat.completions.stream(model=MODEL, messages=HELLO, stream_options={"include_usage": True}) as stream:
        for _ in stream:
            pass
        streamed = stream.get_final_completion()
    assert streamed.choices[0].message.content == TEXT and streamed.usage.prompt_tokens == 11, streamed


def chat_tools():
    tools = [{"type": "function", "function": WEATHER}]
    for streamed in (False, True):
        if streamed:
            with client.chat.completions.stream(model=MODEL, messages=HELLO, tools=tools) as stream:
                for _ in stream:
                    pass
                message = stream.get_final_completion().choices[0].message
        else:
            message = client.chat.completions.create(model=MODEL, messages=HELLO, tools=tools).choices[0].message
        (call,) = message.tool_calls
        assert (call.function.name, json.loads(call.function.arguments)) == ("get_weather", {"city": "Bergen"}), message
        said = {"role": "assistant", "content": None, "tool_calls": [{"id": call.id, "type": "function", "function": {"name": "get_weather", "arguments": call.function.arguments}}]}
        after = [*HELLO, said, {"role": "tool", "tool_call_id": call.id, "content": "rain"}]
        assert client.chat.completions.create(model=MODEL, messages=after, tools=tools).choices[0].message.content == "The tool says: rain"


def responses_whole_and_streamed():
    whole = client.responses.create(model=MODEL, input="hello", reasoning={"effort": "low", "summary": "auto"})
    assert (whole.output_text, whole.status) == (TEXT, "completed"), whole
    thought = whole.output[0]
    assert thought.type == "reasoning" and thought.summary[0].text == "Something short will do.", whole
    with client.responses.stream(model=MODEL, input="hello") as stream:
        text = "".join(event.delta for event in stream if event.type == "response.output_text.delta")
        final = stream.get_final_response()
    assert text == final.output_text == TEXT and final.usage.input_tokens == 11, final


def responses_tools_and_thoughts_in_a_later_turn():
    tools = [{"type": "function", **WEATHER}]
    thinking = {"reasoning": {"effort": "low", "summary": "auto"}, "include": ["reasoning.encrypted_content"], "store": False}
    first = client.responses.create(model=MODEL, input="hello", **thinking)
    history = [{"role": "user", "content": "hello"}, *[item.model_dump(exclude_none=True) for item in first.output], {"role": "user", "content": "weather?"}]
    reply = client.responses.create(model=MODEL, input=history, tools=tools, **thinking)
    call = reply.output[-1]
    assert (call.type, call.name, json.loads(call.arguments)) == ("function_call", "get_weather", {"city": "Bergen"}), reply
    history += [*[item.model_dump(exclude_none=True) for item in reply.output], {"type": "function_call_output", "call_id": call.call_id, "output": "rain"}]
    assert client.responses.create(model=MODEL, input=history, tools=tools, **thinking).output_text == "The tool says: rain"
    # And by nothing but the reply's id.
    kept = client.responses.create(model=MODEL, input="weather?", tools=tools)
    result = [{"type": "function_call_output", "call_id": kept.output[-1].call_id, "output": "rain"}]
    after = client.responses.create(model=MODEL, input=result, tools=tools, previous_response_id=kept.id)
    assert after.output_text == "The tool says: rain", after


def structured_output():
    chat = client.chat.completions.parse(model=MODEL, messages=HELLO, response_format=City)
    assert chat.choices[0].message.parsed == City(name="Bergen", people=3), chat
    assert client.responses.parse(model=MODEL, input="which?", text_format=City).output_parsed == City(name="Bergen", people=3)


def errors():
    """Statuses where nothing has been said, and no answer where something has."""
    for model in ("busy", "broken"):
        asks = [
            lambda: client.chat.completions.create(model=model, messages=HELLO),
            lambda: list(client.chat.completions.create(model=model, messages=HELLO, stream=True)),
            lambda: client.responses.create(model=model, input="hello"),
            lambda: fails(client.responses.create(model=model, input="hello", stream=True)),
        ]
        for number, ask in enumerate(asks):
            try:
                ask()
            except openai.APIError as error:
                assert error.message, error
                assert model == "broken" or error.status_code == 503, (error.status_code, error)
            else:
                raise AssertionError(f"{model}, way {number}: looks like an answer")
    try:
        client.chat.completions.create(model=MODEL, messages=HELLO, n=2)
    except openai.BadRequestError as error:
        assert error.param == "n", error
    else:
        raise AssertionError("two choices are asked for, and one is given")


def fails(stream):
    for event in stream:
        # How this API says it; the SDK leaves it to its caller.
        if event.type == "response.failed":
            raise openai.APIError(event.response.error.message, request=None, body=None)


for check in (
    chat_whole_and_streamed,
    chat_tools,
    responses_whole_and_streamed,
    responses_tools_and_thoughts_in_a_later_turn,
    structured_output,
    errors,
):
    check()
    print("ok", check.__name__.replace("_", " "))
