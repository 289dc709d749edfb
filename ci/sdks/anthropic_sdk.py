"""Anthropic's SDK for Python over a server that makes up its answers: `ci/scripted/improvise.py` behind the gateway.

    BASE_URL=http://127.0.0.1:PORT python3 ci/sdks/anthropic_sdk.py
"""

import os

import anthropic
from pydantic import BaseModel

client = anthropic.Anthropic(base_url=os.environ["BASE_URL"], api_key="sk-loopback", max_retries=0, timeout=30)
TEXT = "Hello from loopback, in a few words."
HELLO = [{"role": "user", "content": "hello"}]
ASK = {"model": "claude-loopback-5", "max_tokens": 4096}
THINK = {"thinking": {"type": "adaptive", "display": "summarized"}}
WEATHER = {
    "name": "get_weather",
    "description": "The weather in a city.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}


def whole_and_streamed():
    whole = client.messages.create(**ASK, messages=HELLO)
    assert [(block.type, block.text) for block in whole.content] == [("text", TEXT)], whole
    assert whole.stop_reason == "end_turn" and whole.model == ASK["model"], whole
    with client.messages.stream(**ASK, messages=HELLO) as stream:
        assert "".join(stream.text_stream) == TEXT
        streamed = stream.get_final_message()
    for reply in (whole, streamed):
        usage = reply.usage
        assert (usage.input_tokens, usage.cache_read_input_tokens, usage.output_tokens) == (7, 4, 7), usage
    assert streamed.content[0].text == TEXT and streamed.stop_reason == "end_turn", streamed


def thoughts():
    with client.messages.stream(**ASK, **THINK, messages=HELLO) as stream:
        reply = stream.get_final_message()
    thought, text = reply.content
    assert (thought.type, thought.thinking, text.text) == ("thinking", "Something short will do.", TEXT), reply
    answered = [*HELLO, {"role": "assistant", "content": reply.content}, {"role": "user", "content": "again"}]
    assert client.messages.create(**ASK, **THINK, messages=answered).content[-1].text == TEXT


def tools():
    for streamed in (False, True):
        question = [{"role": "user", "content": "weather?"}]
        if streamed:
            with client.messages.stream(**ASK, messages=question, tools=[WEATHER]) as stream:
                reply = stream.get_final_message()
        else:
            reply = client.messages.create(**ASK, messages=question, tools=[WEATHER])
        (call,) = reply.content
        assert (call.type, call.name, call.input, reply.stop_reason) == ("tool_use", "get_weather", {"city": "Bergen"}, "tool_use"), reply
        result = {"type": "tool_result", "tool_use_id": call.id, "content": [{"type": "text", "text": "rain"}]}
        after = [*question, {"role": "assistant", "content": reply.content}, {"role": "user", "content": [result]}]
        assert client.messages.create(**ASK, messages=after, tools=[WEATHER]).content[0].text == "The tool says: rain"


def the_tool_runner():
    asked = []

    @anthropic.beta_tool
    def get_weather(city: str) -> str:
        """The weather in a city.

        Args:
            city: Which.
        """
        asked.append(city)
        return f"rain in {city}"

    final = client.beta.messages.tool_runner(**ASK, messages=HELLO, tools=[get_weather]).until_done()
    assert asked == ["Bergen"] and final.content[0].text == "The tool says: rain in Bergen", final


def structured_output():
    class City(BaseModel):
        name: str
        people: int

    for model in (client.messages.parse(**ASK, messages=HELLO, output_format=City),):
        assert model.parsed_output == City(name="Bergen", people=3), model
    with client.messages.stream(**ASK, messages=HELLO, output_format=City) as stream:
        assert stream.get_final_message().parsed_output == City(name="Bergen", people=3)


def errors():
    for model, kinds in (("busy", (anthropic.OverloadedError, anthropic.InternalServerError)), ("broken", anthropic.APIStatusError)):
        for streamed in (False, True):
            try:
                if streamed:
                    with client.messages.stream(**{**ASK, "model": model}, messages=HELLO) as stream:
                        stream.get_final_message()
                else:
                    client.messages.create(**{**ASK, "model": model}, messages=HELLO)
            except kinds as error:
                assert error.body["type"] == "error" and error.body["error"]["message"], error.body
                assert model == "broken" or error.body["error"]["type"] == "overloaded_error", error.body
            else:
                raise AssertionError(f"{model}, streamed {streamed}: looks like an answer")
    try:
        client.messages.create(**{**ASK, "max_tokens": "many"}, messages=HELLO)
    except anthropic.BadRequestError as error:
        assert error.body["error"]["type"] == "invalid_request_error" and "max_tokens" in error.body["error"]["message"], error.body
    else:
        raise AssertionError("a request of the wrong shape looks like one")


def counting_and_models():
    counted = client.messages.count_tokens(model=ASK["model"], messages=HELLO, tools=[WEATHER])
    assert 10 < counted.input_tokens < 1000, counted
    for model in client.models.list():
        assert model.type == "model" and model.id and model.display_name, model


for check in (whole_and_streamed, thoughts, tools, the_tool_runner, structured_output, errors, counting_and_models):
    check()
    print("ok", check.__name__.replace("_", " "))
