// The AI SDK's Anthropic provider over a server that makes up its answers: `ci/scripted/improvise.py` behind the gateway.
//
//     BASE_URL=http://127.0.0.1:PORT node aisdk_anthropic.mjs

import assert from "node:assert/strict";
import { createAnthropic } from "@ai-sdk/anthropic";
import { generateText, Output, stepCountIs, streamText, tool } from "ai";
import { z } from "zod";

const provider = createAnthropic({ baseURL: `${process.env.BASE_URL}/v1`, apiKey: "sk-loopback" });
const TEXT = "Hello from loopback, in a few words.";
const asking = (id = "claude-loopback-5") => ({ model: provider(id), maxRetries: 0, prompt: "hello" });
const asked = [];
const tools = {
  get_weather: tool({
    description: "The weather.",
    inputSchema: z.object({ city: z.string() }),
    execute: async ({ city }) => (asked.push(city), `rain in ${city}`),
  }),
};

async function streamed(options) {
  let failure;
  const result = streamText({ ...options, onError: ({ error }) => (failure = error) });
  let text = "";
  for await (const piece of result.textStream) text += piece;
  if (failure) throw failure;
  return { text, usage: await result.usage };
}

const checks = {
  async "whole and streamed"() {
    for (const reply of [await generateText(asking()), await streamed(asking())]) {
      assert.equal(reply.text, TEXT);
      assert.deepEqual([reply.usage.inputTokens, reply.usage.cachedInputTokens, reply.usage.outputTokens], [11, 4, 7]);
    }
  },
  async tools() {
    for (const ask of [generateText, streamed]) {
      const reply = await ask({ ...asking(), tools, stopWhen: stepCountIs(3) });
      assert(reply.text.endsWith("The tool says: rain in Bergen"), reply.text);
    }
    assert.deepEqual(asked, ["Bergen", "Bergen"]);
  },
  async thoughts() {
    const providerOptions = { anthropic: { thinking: { type: "enabled", budgetTokens: 2000 } } };
    const reply = await generateText({ ...asking(), providerOptions });
    assert.deepEqual([reply.reasoningText, reply.text], ["Something short will do.", TEXT]);
  },
  async "structured output"() {
    const schema = z.object({ name: z.string(), people: z.number().int() });
    const reply = await generateText({ ...asking(), output: Output.object({ schema }) });
    assert.deepEqual(reply.output, { name: "Bergen", people: 3 });
  },
  async errors() {
    for (const model of ["busy", "broken"]) {
      for (const ask of [generateText, streamed]) {
        await assert.rejects(ask(asking(model)), (error) => Boolean(error.message ?? error.type), model);
      }
    }
  },
};
for (const [name, check] of Object.entries(checks)) {
  await check();
  console.log("ok", name);
}
