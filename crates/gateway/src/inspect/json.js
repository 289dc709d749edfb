// JSON as elements, each value marked with its path, so that what was lost can be shown where it stood.

/** The text of `json` as elements in `into`; values at one of `paths` are marked. Returns the paths that were found. */
export function show(into, json, paths) {
  let value;
  try {
    value = JSON.parse(json);
  } catch {
    into.textContent = json;
    return new Set();
  }
  const found = new Set();
  into.replaceChildren(element(value, "", "", new Set(paths), found));
  return found;
}

function element(value, path, indent, paths, found) {
  const span = document.createElement("span");
  if (paths.has(path)) {
    span.className = "loss";
    span.title = `lost: ${path}`;
    found.add(path);
  }
  if (value === null || typeof value !== "object") {
    span.textContent = JSON.stringify(value);
    return span;
  }
  const isList = Array.isArray(value);
  const entries = isList ? value.map((item, place) => [null, item, `${path}[${place}]`])
    : Object.entries(value).map(([key, item]) => [key, item, path ? `${path}.${key}` : key]);
  if (entries.length === 0) {
    span.textContent = isList ? "[]" : "{}";
    return span;
  }
  const deeper = `${indent}  `;
  span.append(isList ? "[" : "{");
  entries.forEach(([key, item, at], place) => {
    span.append(`${place ? "," : ""}\n${deeper}`);
    if (key !== null) span.append(`${JSON.stringify(key)}: `);
    span.append(element(item, at, deeper, paths, found));
  });
  span.append(`\n${indent}${isList ? "]" : "}"}`);
  return span;
}
