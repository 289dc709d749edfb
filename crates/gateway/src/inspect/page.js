// The inspector: the list of exchanges, one of them in full, and the box that translates.
import { show } from "./json.js";

const $ = (id) => document.getElementById(id);
let key = sessionStorage.getItem("key") || "";
let all = [];
let chosen = null;

/** Asks the gateway; a key that is missing is asked for. */
async function ask(path, options = {}) {
  const headers = { ...(options.headers || {}), ...(key ? { authorization: `Bearer ${key}` } : {}) };
  const response = await fetch(path, { ...options, headers });
  if (response.status === 401) {
    $("key-form").hidden = false;
    $("key").focus();
  }
  const body = await response.json();
  if (!response.ok) throw new Error(body.error?.message || `status ${response.status}`);
  return body;
}

function make(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined && text !== null) made.textContent = text;
  if (className) made.className = className;
  return made;
}

// The list ------------------------------------------------------------------------------------

function kind(exchange) {
  if (!exchange.end) return ["open", "under way"];
  return [{ whole: "whole", failed: "failed" }[exchange.end] || "left", exchange.end];
}

function fits(exchange) {
  const wanted = $("filter").value.trim().toLowerCase();
  return !wanted || JSON.stringify(exchange).toLowerCase().includes(wanted);
}

function draw() {
  const list = $("list");
  const focused = document.activeElement?.dataset?.id;
  const shown = all.filter(fits);
  list.replaceChildren(...shown.map((exchange) => {
    const [className, end] = kind(exchange);
    const button = make("button");
    button.type = "button";
    button.dataset.id = exchange.id;
    button.setAttribute("aria-current", String(exchange.id === chosen));
    button.append(make("span", exchange.model || exchange.path, "what"), make("span", String(exchange.status ?? "…"), className));
    const ways = exchange.client ? `${exchange.client} → ${exchange.upstream?.api ?? "?"}` : exchange.path;
    const took = exchange.took === null || exchange.took === undefined ? end : `${end}, ${exchange.took.toFixed(2)} s`;
    button.append(make("span", ways, "small"), make("span", took, `small ${className}`));
    if (exchange.losses) button.append(make("span", `${exchange.losses} losses`, "small"));
    button.addEventListener("click", () => choose(exchange.id));
    const item = make("li");
    item.append(button);
    return item;
  }));
  $("empty").hidden = all.length > 0;
  $("status").textContent = `${shown.length} of ${all.length} exchanges`;
  if (focused) list.querySelector(`[data-id="${CSS.escape(focused)}"]`)?.focus();
}

/** The APIs there are, in the box. */
function offer(apis) {
  for (const select of document.querySelectorAll("select.api:empty")) {
    select.append(...apis.map(([value, text]) => {
      const option = make("option", text);
      option.value = value;
      return option;
    }));
    if (select.id === "box-to") select.selectedIndex = 1;
  }
}

async function follow() {
  let version = null;
  for (;;) {
    try {
      const news = await ask(`/inspect/exchanges${version === null ? "" : `?after=${version}`}`);
      version = news.version;
      all = news.exchanges;
      offer(news.apis);
      draw();
    } catch (error) {
      version = null;
      $("status").textContent = error.message;
      await new Promise((done) => setTimeout(done, 2000));
    }
  }
}

// One exchange --------------------------------------------------------------------------------

async function choose(id) {
  chosen = id;
  draw();
  await refresh(id);
}

async function refresh(id) {
  if (chosen !== id) return;
  try {
    const exchange = await ask(`/inspect/exchanges/${encodeURIComponent(id)}`);
    if (chosen !== id) return;
    detail(exchange);
    // What is under way grows.
    if (!exchange.end) setTimeout(() => refresh(id), 500);
  } catch (error) {
    $("detail").replaceChildren(make("p", error.message, "failed"));
  }
}

function facts(exchange) {
  const list = make("dl");
  const put = (name, value) => {
    if (value === null || value === undefined || value === "") return;
    list.append(make("dt", name), make("dd", value));
  };
  put("id", exchange.id);
  put("when", exchange.at);
  put("asked", `${exchange.method} ${exchange.path}`);
  put("upstream", exchange.upstream && `${exchange.upstream.name} (${exchange.upstream.api})`);
  put("status", exchange.status);
  put("end", exchange.end || "under way");
  put("first byte", exchange.first_byte !== null ? `${exchange.first_byte} s` : null);
  put("took", exchange.took !== null ? `${exchange.took} s` : null);
  const usage = exchange.usage;
  put("tokens", usage && `${usage.input} in (${usage.cached ?? 0} cached), ${usage.output} out (${usage.reasoning ?? 0} reasoning)`);
  const failure = exchange.failure;
  put("failure", failure && `${failure.phase}: ${failure.message}${failure.code ? ` (${failure.code})` : ""}`);
  exchange.attempts.forEach((attempt, place) => {
    put(`attempt ${place + 1}`, `${attempt.method} ${attempt.path}: ${attempt.status ?? attempt.error ?? "no answer yet"}`);
  });
  if (exchange.is_cut) put("note", "it was larger than what is kept");
  return list;
}

function curl(exchange) {
  const quoted = `'${(exchange.request || "").replaceAll("'", "'\\''")}'`;
  return `curl -N ${location.origin}${exchange.path} -H 'content-type: application/json' -d ${quoted}`;
}

function actions(exchange) {
  const row = make("p");
  const said = make("span", "", "small");
  said.setAttribute("role", "status");
  const button = (text, act) => {
    const made = make("button", text);
    made.type = "button";
    made.addEventListener("click", async () => {
      try {
        said.textContent = ` ${await act()}`;
      } catch (error) {
        said.textContent = ` ${error.message}`;
      }
    });
    row.append(made, " ");
  };
  button("Copy as curl", async () => {
    await navigator.clipboard.writeText(curl(exchange));
    return "copied";
  });
  button("Save as a case", async () => {
    const answer = await ask(`/inspect/exchanges/${encodeURIComponent(exchange.id)}/save`, { method: "POST" });
    return `saved in ${answer.saved}`;
  });
  row.append(said);
  return row;
}

function side(title, text, losses) {
  const part = make("section");
  part.append(make("h3", title));
  const pre = make("pre");
  pre.tabIndex = 0;
  pre.setAttribute("role", "region");
  pre.setAttribute("aria-label", title);
  if (text) show(pre, text, losses);
  else pre.textContent = "nothing";
  part.append(pre);
  return part;
}

function timeLine(exchange) {
  const part = make("section");
  part.append(make("h3", "Time line: what came from the upstream, what went to the client"));
  for (const piece of exchange.pieces) {
    const line = make("div", null, "line");
    line.append(make("span", `${piece.at.toFixed(3)} s`, "when"));
    const text = make("span", piece.text);
    line.append(...(piece.side === "upstream" ? [text, make("span")] : [make("span"), text]));
    part.append(line);
  }
  return part;
}

function lossList(losses) {
  const list = make("ul", null, "losses");
  for (const loss of losses) {
    const item = make("li");
    item.append(make("code", loss.path), ` ${loss.code}: ${loss.detail}`);
    list.append(item);
  }
  return list;
}

function detail(exchange) {
  const article = $("detail");
  const scrolled = article.scrollTop;
  const parts = [make("h2", exchange.model || exchange.path), facts(exchange), actions(exchange)];
  const paths = exchange.losses.map((loss) => loss.path);
  if (paths.length) parts.push(make("h3", "Losses"), lossList(exchange.losses));
  const sides = make("div", null, "sides");
  sides.append(side("What the client asked", exchange.request, paths), side("What the upstream was asked", exchange.sent.at(-1), []));
  parts.push(sides, timeLine(exchange));
  article.replaceChildren(...parts);
  article.scrollTop = scrolled;
}

// The box -------------------------------------------------------------------------------------

async function translate(event) {
  event.preventDefault();
  const [output, error, losses] = [$("box-output"), $("box-error"), $("box-losses")];
  output.textContent = "";
  error.textContent = "";
  losses.replaceChildren();
  try {
    const answer = await ask("/inspect/translate", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        kind: $("box-kind").value, from: $("box-from").value, to: $("box-to").value,
        body: $("box-body").value, request: $("box-request").value,
      }),
    });
    if (answer.error) error.textContent = `${answer.error.error.param ? `${answer.error.error.param}: ` : ""}${answer.error.error.message}`;
    losses.replaceChildren(...lossList(answer.losses).children);
    if ($("box-kind").value === "stream") output.textContent = answer.output;
    else show(output, answer.output, []);
  } catch (failure) {
    error.textContent = failure.message;
  }
}

// The page ------------------------------------------------------------------------------------

function view(name) {
  for (const other of ["exchanges", "translate"]) {
    $(other).hidden = other !== name;
    $(`show-${other}`).setAttribute("aria-pressed", String(other === name));
  }
}

$("show-exchanges").addEventListener("click", () => view("exchanges"));
$("show-translate").addEventListener("click", () => view("translate"));
$("filter").addEventListener("input", draw);
$("box").addEventListener("submit", translate);
$("key-form").addEventListener("submit", (event) => {
  event.preventDefault();
  key = $("key").value;
  // For this tab alone, and gone with it.
  sessionStorage.setItem("key", key);
  $("key-form").hidden = true;
});
$("list").addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const buttons = [...$("list").querySelectorAll("button")];
  buttons[buttons.indexOf(document.activeElement) + step]?.focus();
});
follow();
