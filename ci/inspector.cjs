// Drives the inspector's page as a person would. BASE_URL is the gateway, SHOTS a folder for screenshots.
"use strict";
const assert = require("node:assert/strict");
const fs = require("node:fs");
const path = require("node:path");
const { chromium } = require("playwright-core");

const { BASE_URL, PROFILE, SHOTS } = process.env;
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const ask = (body) => fetch(`${BASE_URL}/v1/chat/completions`, {
  method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body),
});
const hello = (model, more = {}) => ({ model, messages: [{ role: "user", content: "Hello" }], ...more });

/** Nothing serious, by the rules of WCAG. */
async function isAccessible(page, where) {
  // The page's own policy lets no script in; a browser's tools are not bound by it.
  const { violations } = await page.evaluate(`${axe}; axe.run()`);
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  assert.deepEqual(serious.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]), [], where);
}

async function main() {
  const context = await chromium.launchPersistentContext(PROFILE, {
    executablePath: "/usr/bin/chromium", headless: true, args: FLAGS, bypassCSP: false, viewport: { width: 1280, height: 900 },
    permissions: ["clipboard-read", "clipboard-write"],
  });
  const page = await context.newPage();
  const noise = [];
  page.on("console", (message) => noise.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => noise.push(String(error)));
  const elsewhere = [];
  page.on("request", (request) => request.url().startsWith(BASE_URL) || request.url().startsWith("data:") || elsewhere.push(request.url()));
  await page.goto(`${BASE_URL}/`);
  await page.getByText("Nothing yet").waitFor();

  // It appears while it streams, slowly, as the upstream does.
  const slow = ask(hello("slow-model", { stream: true, logit_bias: { 50: 3 }, user: "somebody" }));
  const row = page.getByRole("button", { name: /slow-model/ });
  await row.waitFor({ timeout: 5000 });
  await row.click();
  await page.locator("#detail").getByText("under way").waitFor({ timeout: 5000 });
  await slow.then((response) => response.text());
  await page.locator("#detail").getByText("whole").waitFor({ timeout: 15000 });

  // Both requests side by side, the losses at their places, and both streams on one line of time.
  const marked = await page.locator("#detail pre .loss").allTextContents();
  assert.ok(marked.some((text) => text.includes("50")), `logit_bias is marked: ${marked}`);
  assert.match(await page.locator(".losses").textContent(), /logit_bias .*dropped_parameter/);
  const [asked, sent] = await page.locator("#detail .sides pre").allTextContents();
  assert.ok(asked.includes('"messages"') && sent.includes('"input"'), "each in its own API");
  const line = await page.locator("#detail .line").allTextContents();
  assert.ok(line.some((text) => text.includes("response.completed")) && line.some((text) => text.includes("[DONE]")));
  await isAccessible(page, "an exchange, light");
  await page.screenshot({ path: path.join(SHOTS, "inspector.png") });
  await page.emulateMedia({ colorScheme: "dark" });
  await isAccessible(page, "an exchange, dark");
  await page.screenshot({ path: path.join(SHOTS, "inspector-dark.png") });
  await page.emulateMedia({ colorScheme: "light" });

  // Taken along: as curl, and as a case.
  await page.getByRole("button", { name: "Copy as curl" }).click();
  await page.getByText("copied").waitFor();
  assert.match(await page.evaluate("navigator.clipboard.readText()"), /^curl -N http:\/\/127\.0\.0\.1:\d+\/v1\/chat\/completions .*slow-model/s);
  await page.getByRole("button", { name: "Save as a case" }).click();
  const saved = (await page.getByText(/saved in /).textContent()).replace(/.*saved in /, "").trim();
  assert.ok(fs.existsSync(path.join(saved, "case.toml")) && fs.existsSync(path.join(saved, "stream.sse")), saved);

  // Search, and the keyboard.
  await ask(hello("other-model"));
  await page.getByRole("button", { name: /other-model/ }).waitFor();
  await page.getByRole("searchbox", { name: "Filter" }).fill("slow");
  assert.equal(await page.locator("#list button").count(), 1);
  await page.getByRole("searchbox", { name: "Filter" }).fill("");
  await page.locator("#list button").first().focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.locator("#detail h2", { hasText: "slow-model" }).waitFor();

  // The box, every pair.
  await page.getByRole("button", { name: "Translate", exact: true }).first().click();
  const apis = await page.locator("#box-from option").evaluateAll((options) => options.map((option) => option.value));
  assert.ok(apis.length >= 2, apis);
  const bodies = {
    chat: { model: "m", messages: [{ role: "user", content: "Guten Tag" }], seed: 7 },
    responses: { model: "m", input: "Guten Tag" },
    messages: { model: "m", max_tokens: 9, messages: [{ role: "user", content: "Guten Tag" }] },
  };
  const submit = page.locator("#box").getByRole("button", { name: "Translate" });
  for (const from of apis) {
    for (const to of apis) {
      await page.selectOption("#box-from", from);
      await page.selectOption("#box-to", to);
      await page.fill("#box-body", JSON.stringify(bodies[from]));
      await submit.click();
      await page.waitForFunction(() => document.querySelector("#box-output").textContent.includes("Guten Tag"), null, { timeout: 5000 });
      assert.equal(await page.textContent("#box-error"), "", `${from} to ${to}`);
    }
  }
  await page.selectOption("#box-from", "chat");
  await page.selectOption("#box-to", "responses");
  await page.fill("#box-body", '{"model":"m","messages":7}');
  await submit.click();
  await page.getByRole("alert").getByText("messages").waitFor();
  await isAccessible(page, "the box");
  await page.screenshot({ path: path.join(SHOTS, "inspector-translate.png") });

  assert.deepEqual(noise, [], "nothing on the console");
  assert.deepEqual(elsewhere, [], "nothing from elsewhere");
  await context.close();
  console.log(`the inspector holds, ${apis.length * apis.length} pairs in its box`);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
