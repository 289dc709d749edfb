// Anthropic's SDK for TypeScript over a server that makes up its answers: `ci/scripted/improvise.py` behind the gateway.
//
//     BASE_URL=http://127.0.0.1:PORT node anthropic_sdk.mjs

import assert from "node:assert/strict";
import Anthropic from "@anthropic-ai/sdk";
import { betaZodTool } from "@anthropic-ai/sdk/helpers/beta/zod";
import { zodOutputFormat } from "@anthropic-ai/sdk/helpers/zod";
import { z } from "zod";

const client = new Anthropic({ baseURL: process.env.BASE_URL, apiKey: "sk-loopback", maxRetries: 0, timeout: 30_000 });
const TEXT = "Hello from loopback, in a few words.";
const messages = [{ role: "user", content: "hello" }];
const ask = { model: "claude-loopback-5", max_tokens: 4096, messages };
const tools = [{ name: "get_weather", input_schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] } }];

const checks = {
  async "whole and streamed"() {
    const whole = await client.messages.create(ask);
    assert.deepEqual(whole.content.map(({ type, text }) => [type, text]), [["text", TEXT]]);
    let shown = "";
    const stream = client.messages.stream(ask).on("text", (text) => (shown += text));
    const streamed = await stream.finalMessage();
    assert.equal(shown, TEXT);
    for (const reply of [whole, streamed]) {
      assert.deepEqual([reply.usage.input_tokens, reply.usage.cache_read_input_tokens, reply.usage.output_tokens], [7, 4, 7]);
      assert.equal(reply.stop_reason, "end_turn");
    }
    // As events, by nothing but the stream.
    const kinds = [];
    for await (const event of await client.messages.create({ ...ask, stream: true })) kinds.push(event.type);
    assert.equal(kinds[0], "message_start");
    assert.equal(kinds.at(-1), "message_stop");
  },
  async thoughts() {
    const reply = await client.messages.stream({ ...ask, thinking: { type: "adaptive", display: "summarized" } }).finalMessage();
    assert.deepEqual(reply.content.map((block) => block.thinking ?? block.text), ["Something short will do.", TEXT]);
  },
  async tools() {
    for (const streamed of [false, true]) {
      const asking = { ...ask, tools };
      const reply = streamed ? await client.messages.stream(asking).finalMessage() : await client.messages.create(asking);
      const [call] = reply.content;
      assert.deepEqual([call.name, call.input, reply.stop_reason], ["get_weather", { city: "Bergen" }, "tool_use"]);
      const result = { role: "user", content: [{ type: "tool_result", tool_use_id: call.id, content: "rain" }] };
      const after = await client.messages.create({ ...asking, messages: [...messages, { role: "assistant", content: reply.content }, result] });
      assert.equal(after.content[0].text, "The tool says: rain");
    }
  },
  async "the tool runner"() {
    const asked = [];
    const inputSchema = z.object({ city: z.string() });
    const run = ({ city }) => (asked.push(city), `rain in ${city}`);
    const tool = betaZodTool({ name: "get_weather", description: "The weather.", inputSchema, run });
    const final = await client.beta.messages.toolRunner({ ...ask, tools: [tool], stream: false });
    assert.deepEqual([asked, final.content[0].text], [["Bergen"], "The tool says: rain in Bergen"]);
  },
  async "structured output"() {
    const schema = z.object({ name: z.string(), people: z.number().int() });
    const reply = await client.messages.parse({ ...ask, output_config: { format: zodOutputFormat(schema) } });
    assert.deepEqual(reply.parsed_output, { name: "Bergen", people: 3 });
  },
  async errors() {
    for (const model of ["busy", "broken"]) {
      for (const streamed of [false, true]) {
        const asking = { ...ask, model };
        const asked = streamed ? client.messages.stream(asking).finalMessage() : client.messages.create(asking);
        await assert.rejects(asked, (error) => {
          assert(error instanceof Anthropic.APIError, `${error}`);
          assert.equal(error.error?.type, "error", JSON.stringify(error.error));
          assert(model === "broken" || error.error.error.type === "overloaded_error", JSON.stringify(error.error));
          return true;
        });
      }
    }
    await assert.rejects(client.messages.create({ ...ask, max_tokens: "many" }), Anthropic.BadRequestError);
  },
};
for (const [name, check] of Object.entries(checks)) {
  await check();
  console.log("ok", name);
}
