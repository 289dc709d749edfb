"""LangChain's ChatAnthropic over a server that makes up its answers: `ci/scripted/improvise.py` behind the gateway.

    BASE_URL=http://127.0.0.1:PORT python3 ci/sdks/langchain_anthropic_chat.py
"""

import os

import anthropic
from langchain_anthropic import ChatAnthropic
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from pydantic import BaseModel

TEXT = "Hello from loopback, in a few words."


def chat(model="claude-loopback-5"):
    return ChatAnthropic(model=model, base_url=os.environ["BASE_URL"], api_key="sk-loopback", max_retries=0, max_tokens=4096)


def streamed(model, messages):
    whole = None
    for chunk in model.stream(messages):
        whole = chunk if whole is None else whole + chunk
    return whole


def whole_and_streamed():
    for reply in (chat().invoke("hello"), streamed(chat(), "hello")):
        assert reply.text == TEXT, reply
        usage = reply.usage_metadata
        assert (usage["input_tokens"], usage["output_tokens"]) == (11, 7), usage


@tool
def get_weather(city: str) -> str:
    "The weather in a city."
    return f"rain in {city}"


def tools():
    model = chat().bind_tools([get_weather])
    for reply in (model.invoke("weather?"), streamed(model, "weather?")):
        (call,) = reply.tool_calls
        assert (call["name"], call["args"]) == ("get_weather", {"city": "Bergen"}), reply
        result = ToolMessage(get_weather.invoke(call["args"]), tool_call_id=call["id"])
        assert model.invoke([HumanMessage("weather?"), reply, result]).text == "The tool says: rain in Bergen"


class City(BaseModel):
    "A city."
    name: str
    people: int


def structured_output():
    for method in ("json_schema", "function_calling"):
        city = chat().with_structured_output(City, method=method).invoke("which?")
        assert city == City(name="Bergen", people=3), (method, city)


def errors():
    for model in ("busy", "broken"):
        for ask in (lambda: chat(model).invoke("hello"), lambda: streamed(chat(model), "hello")):
            try:
                ask()
            except anthropic.APIStatusError as error:
                assert error.body["error"]["message"], error.body
            else:
                raise AssertionError(f"{model}: looks like an answer")


for check in (whole_and_streamed, tools, structured_output, errors):
    check()
    print("ok", check.__name__.replace("_", " "))
