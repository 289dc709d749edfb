// OpenAI's SDK over a gateway whose upstream speaks the SDK's own API and does everything wrong: no empty answer, ever.
//
//     BASE_URL=http://127.0.0.1:PORT/v1 node client.mjs chat|responses FAULT..

import OpenAI from "openai";

const client = new OpenAI({ baseURL: process.env.BASE_URL, apiKey: "x", maxRetries: 0, timeout: 30_000 });
const [api, ...models] = process.argv.slice(2);

async function chat(model, stream) {
  const reply = await client.chat.completions.create({ model, stream, messages: [{ role: "user", content: "hi" }] });
  if (stream) for await (const _ of reply);
}

async function responses(model, stream) {
  const reply = await client.responses.create({ model, stream, input: "hi" });
  if (!stream) return;
  for await (const event of reply) {
    // How this API says it; the SDK leaves it to its caller.
    if (event.type === "response.failed") throw new OpenAI.OpenAIError(event.response.error.message);
  }
}

const ask = { chat, responses }[api];
const wrong = [];
for (const model of models) {
  for (const stream of [true, false]) {
    try {
      await ask(model, stream);
      wrong.push(`${model}, stream ${stream}: looks like an answer`);
    } catch (error) {
      if (!(error instanceof OpenAI.OpenAIError) || !error.message) wrong.push(`${model}, stream ${stream}: ${error}`);
    }
  }
}
console.log(wrong.join("\n") || `${api}: ${2 * models.length} requests, an error that says why for each`);
process.exit(wrong.length > 0 ? 1 : 0);
