// What all parts of the page use: elements, numbers as text, questions to the server. Text is set as text, never as HTML.

export const byId = (id) => document.getElementById(id);

function made(node, attributes, text) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

export const element = (tag, attributes = {}, text) => made(document.createElement(tag), attributes, text);
export const shape = (tag, attributes = {}, text) =>
  made(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, text);

export function number(value, digits = 4) {
  if (value === null || value === undefined) return "–";
  return value.toLocaleString("en", { maximumSignificantDigits: digits }).replace("-", "−");
}

export const count = (value) => value.toLocaleString("en");
export const percent = (share) => `${(100 * share).toFixed(1)} %`;

export function table(node, head, rows) {
  const line = (cells, tag) => {
    const row = element("tr");
    row.append(...cells.map((cell) => (cell instanceof Node ? wrap(cell) : element(tag, {}, cell))));
    return row;
  };
  const wrap = (cell) => {
    const around = element("td");
    around.append(cell);
    return around;
  };
  node.tHead.replaceChildren(line(head, "th"));
  node.tBodies[0].replaceChildren(...rows.map((cells) => line(cells, "td")));
}

// About five round numbers between two ends.
export function ticks(low, high) {
  const rough = (high - low) / 5 || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((each) => each * power >= rough * 0.999);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, at) => (first + at) * step);
}

export async function ask(path, question) {
  let reply;
  try {
    reply = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(question),
    });
  } catch {
    throw new Error("The explorer does not answer; start counterpulse explore again.");
  }
  const content = await reply.json();
  if (!reply.ok) throw new Error(content.error);
  return content;
}

// One question at a time, and of those that came meanwhile the last: a slider asks faster than is answered.
export function latest(answer) {
  let busy = false;
  let waiting;
  return async (...given) => {
    waiting = given;
    if (busy) return;
    busy = true;
    while (waiting) {
      const now = waiting;
      waiting = undefined;
      await answer(...now);
    }
    busy = false;
  };
}
