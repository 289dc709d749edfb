// OpenAI's Agents SDK for TypeScript over a server that makes up its answers, in both APIs it speaks.
//
//     BASE_URL=http://127.0.0.1:PORT node agents_sdk.mjs

import assert from "node:assert/strict";
import { Agent, run, setDefaultOpenAIClient, setOpenAIAPI, setTracingDisabled, tool } from "@openai/agents";
import OpenAI from "openai";
import { z } from "zod";

setTracingDisabled(true);
setDefaultOpenAIClient(new OpenAI({ baseURL: `${process.env.BASE_URL}/v1`, apiKey: "sk-loopback", maxRetries: 0, timeout: 30_000 }));
const TEXT = "Hello from loopback, in a few words.";
const parameters = z.object({ city: z.string() });
const weather = tool({ name: "get_weather", description: "The weather.", parameters, execute: async ({ city }) => `rain in ${city}` });

async function streamed(model) {
  const result = await run(new Agent({ name: "brief", instructions: "Be brief.", model }), "hello", { stream: true });
  let shown = "";
  for await (const piece of result.toTextStream()) shown += piece;
  await result.completed;
  return [shown, result.finalOutput];
}

for (const api of ["responses", "chat_completions"]) {
  setOpenAIAPI(api);
  assert.deepEqual(await streamed("claude-loopback-5"), [TEXT, TEXT]);
  const result = await run(new Agent({ name: "weather", model: "claude-loopback-5", tools: [weather] }), "weather?");
  assert.equal(result.finalOutput, "The tool says: rain in Bergen");
  await assert.rejects(streamed("missing"), Error);
  await assert.rejects(streamed("broken"), Error);
  console.log("ok", api);
}
