"""OpenAI's SDK over a gateway whose upstream speaks the SDK's own API and does everything wrong: no empty answer, ever.

    BASE_URL=http://127.0.0.1:PORT/v1 python3 ci/faults/client.py chat|responses
"""

import os
import sys

import openai

from upstream import FAULTS

client = openai.OpenAI(base_url=os.environ["BASE_URL"], api_key="x", max_retries=0, timeout=30)


def chat(model, stream):
    reply = client.chat.completions.create(model=model, stream=stream, messages=[{"role": "user", "content": "hi"}])
    if stream:
        for _ in reply:
            pass


def responses(model, stream):
    reply = client.responses.create(model=model, stream=stream, input="hi")
    if stream:
        for event in reply:
            # How this API says it; the SDK leaves it to its caller.
            if event.type == "response.failed":
                raise openai.OpenAIError(event.response.error.message)


ask = {"chat": chat, "responses": responses}[sys.argv[1]]
wrong = []
for model in FAULTS:
    for stream in (True, False):
        try:
            ask(model, stream)
            wrong.append(f"{model}, stream {stream}: looks like an answer")
        except openai.APIStatusError as error:
            said = error.body.get("message") if isinstance(error.body, dict) else None
            if error.status_code < 429 or not said:
                wrong.append(f"{model}, stream {stream}: {error}")
        except openai.OpenAIError as error:
            if not str(error):
                wrong.append(f"{model}, stream {stream}: says nothing")
        except Exception as error:
            wrong.append(f"{model}, stream {stream}: {type(error).__name__}: {error}")
print("\n".join(wrong) or f"{sys.argv[1]}: {2 * len(FAULTS)} requests, an error that says why for each")
sys.exit(bool(wrong))
