"""OpenAI's Agents SDK for Python over a server that makes up its answers, in both APIs it speaks.

    BASE_URL=http://127.0.0.1:PORT python3 ci/sdks/agents_sdk.py
"""

import asyncio
import os

import agents
import openai

TEXT = "Hello from loopback, in a few words."
MODEL = "claude-loopback-5"

client = openai.AsyncOpenAI(base_url=f"{os.environ['BASE_URL']}/v1", api_key="sk-loopback", max_retries=0, timeout=30)
agents.set_default_openai_client(client, use_for_tracing=False)
agents.set_tracing_disabled(True)


@agents.function_tool
def get_weather(city: str) -> str:
    "The weather in a city."
    return f"rain in {city}"


async def streamed(model):
    result = agents.Runner.run_streamed(agents.Agent(name="brief", instructions="Be brief.", model=model), "hello")
    shown = ""
    async for event in result.stream_events():
        if event.type == "raw_response_event" and event.data.type == "response.output_text.delta":
            shown += event.data.delta
    return shown, result.final_output


async def main():
    for api in ("responses", "chat_completions"):
        agents.set_default_openai_api(api)
        assert await streamed(MODEL) == (TEXT, TEXT)
        weather = agents.Agent(name="weather", model=MODEL, tools=[get_weather])
        assert (await agents.Runner.run(weather, "weather?")).final_output == "The tool says: rain in Bergen"
        for model in ("missing", "broken"):
            try:
                said = await streamed(model)
            except Exception as error:  # noqa: BLE001 - which one it is differs by API and by SDK
                assert str(error), repr(error)
            else:
                raise AssertionError(f"{api}, {model}: looks like an answer: {said}")
        print("ok", api)


asyncio.run(main())
