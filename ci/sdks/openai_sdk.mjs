// OpenAI's SDK for TypeScript over a Messages server that makes up its answers: `ci/scripted/improvise.py` behind the gateway.
//
//     BASE_URL=http://127.0.0.1:PORT node openai_sdk.mjs

import assert from "node:assert/strict";
import OpenAI from "openai";
import { zodResponseFormat, zodTextFormat } from "openai/helpers/zod";
import { z } from "zod";

const client = new OpenAI({ baseURL: `${process.env.BASE_URL}/v1`, apiKey: "sk-loopback", maxRetries: 0, timeout: 30_000 });
const TEXT = "Hello from loopback, in a few words.";
const model = "claude-loopback-5";
const messages = [{ role: "system", content: "Be brief." }, { role: "user", content: "hello" }];
const parameters = { type: "object", properties: { city: { type: "string" } }, required: ["city"], additionalProperties: false };
const City = z.object({ name: z.string(), people: z.number().int() });
const bergen = { name: "Bergen", people: 3 };

const checks = {
  async "chat, whole and streamed"() {
    const whole = await client.chat.completions.create({ model, messages });
    assert.deepEqual([whole.choices[0].message.content, whole.usage.prompt_tokens], [TEXT, 11]);
    const streamed = client.chat.completions.stream({ model, messages });
    assert.equal(await streamed.finalContent(), TEXT);
  },
  async "chat, tools"() {
    const asked = [];
    const function_ = { name: "get_weather", parameters, parse: JSON.parse, function: ({ city }) => (asked.push(city), "rain") };
    for (const stream of [false, true]) {
      const run = client.chat.completions.runTools({ model, messages, stream, tools: [{ type: "function", function: function_ }] });
      assert.equal(await run.finalContent(), "The tool says: rain");
    }
    assert.deepEqual(asked, ["Bergen", "Bergen"]);
  },
  async "responses, whole and streamed"() {
    assert.equal((await client.responses.create({ model, input: "hello" })).output_text, TEXT);
    const final = await client.responses.stream({ model, input: "hello" }).finalResponse();
    assert.deepEqual([final.output_text, final.status], [TEXT, "completed"]);
  },
  async "responses, tools"() {
    const tools = [{ type: "function", name: "get_weather", parameters, strict: true }];
    const reply = await client.responses.create({ model, input: "weather?", tools });
    const call = reply.output.at(-1);
    assert.deepEqual([call.name, JSON.parse(call.arguments)], ["get_weather", { city: "Bergen" }]);
    const input = [{ type: "function_call_output", call_id: call.call_id, output: "rain" }];
    const after = await client.responses.create({ model, input, tools, previous_response_id: reply.id });
    assert.equal(after.output_text, "The tool says: rain");
  },
  async "structured output"() {
    const chat = await client.chat.completions.parse({ model, messages, response_format: zodResponseFormat(City, "city") });
    assert.deepEqual(chat.choices[0].message.parsed, bergen);
    const responses = await client.responses.parse({ model, input: "which?", text: { format: zodTextFormat(City, "city") } });
    assert.deepEqual(responses.output_parsed, bergen);
  },
  async errors() {
    await assert.rejects(client.chat.completions.create({ model: "busy", messages }), { status: 503 });
    await assert.rejects(client.responses.create({ model: "busy", input: "hello" }), { status: 503 });
    await assert.rejects(client.chat.completions.stream({ model: "broken", messages }).finalContent(), OpenAI.OpenAIError);
    await assert.rejects(client.responses.create({ model: "broken", input: "hello" }), OpenAI.OpenAIError);
  },
};
for (const [name, check] of Object.entries(checks)) {
  await check();
  console.log("ok", name);
}
