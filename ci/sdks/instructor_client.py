"""instructor over a server that makes up its answers: a type is asked for, and given.

    BASE_URL=http://127.0.0.1:PORT python3 ci/sdks/instructor_client.py
"""

import os

import anthropic
import instructor
import openai
from pydantic import BaseModel

MODEL = "claude-loopback-5"
HELLO = [{"role": "user", "content": "which city?"}]
BASE = os.environ["BASE_URL"]


class City(BaseModel):
    name: str
    people: int


def openais(mode):
    return instructor.from_openai(openai.OpenAI(base_url=f"{BASE}/v1", api_key="sk-loopback", max_retries=0), mode=mode)


def anthropics(mode):
    return instructor.from_anthropic(anthropic.Anthropic(base_url=BASE, api_key="sk-loopback", max_retries=0), mode=mode)


WAYS = {
    "chat tools": lambda: openais(instructor.Mode.TOOLS),
    "chat schema": lambda: openais(instructor.Mode.JSON_SCHEMA),
    "responses tools": lambda: openais(instructor.Mode.RESPONSES_TOOLS),
    "messages tools": lambda: anthropics(instructor.Mode.ANTHROPIC_TOOLS),
}
for way, client in WAYS.items():
    more = {"messages": HELLO, "response_model": City, "max_retries": 0}
    more |= {} if way.startswith("responses") else {"max_tokens": 4096}
    found = client().chat.completions.create(model=MODEL, **more)
    assert (found.name, found.people) == ("Bergen", 3), (way, found)
    try:
        found = client().chat.completions.create(model="missing", **more)
    except Exception as error:  # noqa: BLE001 - it wraps what the SDK raises
        assert "missing" in str(error), error
    else:
        raise AssertionError(f"{way}: looks like an answer: {found}")
    print("ok", way)
