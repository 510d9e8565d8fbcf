// The map: cells on a canvas, axes and the rectangle above it, drawn with the pointer or the keys.

import { count, number, percent, shape, ticks } from "./parts.js";

const MARGIN = { left: 62, right: 76, top: 10, bottom: 46 };
const EMPTY = "#ededed";
const HATCH = "#a8a8a8";
const SHADES = 32;

const shown = (axis, value) => number(axis.name.endsWith("_relative_difference") ? 100 * value : value);

export class MapView {
  // `selected` is called with the rectangle or null, `pointed` with a sentence about the cell under the pointer.
  constructor(node, selected, pointed) {
    this.node = node;
    this.canvas = node.querySelector("canvas");
    this.svg = node.querySelector("svg");
    this.selected = selected;
    this.pointed = pointed;
    this.rectangle = null;
    this.place = [null, null];
    new ResizeObserver(() => this.draw()).observe(node);
    node.addEventListener("pointerdown", (event) => this.press(event));
    node.addEventListener("pointermove", (event) => this.move(event));
    node.addEventListener("pointerup", () => this.release());
    node.addEventListener("pointercancel", () => (this.start = null));
    node.addEventListener("pointerleave", () => this.pointed(""));
    node.addEventListener("keydown", (event) => this.key(event));
  }

  show(map, name, classes) {
    this.map = map;
    this.name = name;
    this.classes = classes;
    this.x = map.x.edges;
    this.y = map.y.edges;
    const size = this.size();
    if (this.rectangle && (this.rectangle.right >= size.x || this.rectangle.top >= size.y)) this.rectangle = null;
    this.draw();
  }

  // While a page is laid out there may be no room yet.
  fits() {
    const { clientWidth, clientHeight } = this.node;
    return this.map && clientWidth > MARGIN.left + MARGIN.right && clientHeight > MARGIN.top + MARGIN.bottom;
  }

  size() {
    return { x: this.x.length - 1, y: this.y.length - 1 };
  }

  mark(place) {
    this.place = place;
    this.overlay();
  }

  choose(rectangle) {
    this.rectangle = rectangle;
    this.overlay();
    this.selected(rectangle);
  }

  // Where a value lies in pixels of the page.
  across(value) {
    const width = this.node.clientWidth - MARGIN.left - MARGIN.right;
    return MARGIN.left + ((value - this.x[0]) / (this.x.at(-1) - this.x[0])) * width;
  }

  up(value) {
    const height = this.node.clientHeight - MARGIN.top - MARGIN.bottom;
    return MARGIN.top + (1 - (value - this.y[0]) / (this.y.at(-1) - this.y[0])) * height;
  }

  share(row, column) {
    return this.map.thin[row][column] ? null : this.map.share[this.name][row][column];
  }

  // Harm is rare: on a scale that ends at 100 % it could not be seen at all.
  top() {
    if (this.name !== "harms") return 1;
    const shares = this.map.patients.flatMap((row, at) => row.map((_, column) => this.share(at, column) ?? 0));
    const most = shares.reduce((one, other) => Math.max(one, other), 0);
    return [0.02, 0.1, 0.2, 0.4, 0.6, 0.8, 1].find((each) => most <= each);
  }

  draw() {
    if (!this.fits()) return;
    const scale = window.devicePixelRatio || 1;
    const width = this.node.clientWidth;
    const height = this.node.clientHeight;
    Object.assign(this.canvas, { width: width * scale, height: height * scale });
    Object.assign(this.canvas.style, { width: `${width}px`, height: `${height}px` });
    const pen = this.canvas.getContext("2d");
    const shades = this.classes[this.name].shades;
    const top = this.top();
    this.map.patients.forEach((row, at) =>
      row.forEach((patients, column) => {
        const share = this.share(at, column);
        const left = Math.round(this.across(this.x[column]) * scale);
        const right = Math.round(this.across(this.x[column + 1]) * scale);
        const low = Math.round(this.up(this.y[at]) * scale);
        const high = Math.round(this.up(this.y[at + 1]) * scale);
        pen.fillStyle = share === null ? EMPTY : shades[Math.round((share / top) * SHADES)];
        pen.fillRect(left, high, right - left, low - high);
        if (share === null && patients > 0) hatch(pen, left, high, right - left, low - high, scale);
      }),
    );
    this.overlay();
  }

  overlay() {
    if (!this.fits()) return;
    const parts = [];
    const bottom = this.up(this.y[0]);
    const left = this.across(this.x[0]);
    const right = this.across(this.x.at(-1));
    const high = this.up(this.y.at(-1));
    const add = (tag, attributes, text) => parts.push(shape(tag, attributes, text));
    for (const value of ticks(this.x[0], this.x.at(-1))) {
      add("path", { class: "tick", d: `M${this.across(value)} ${bottom}v5` });
      add("text", { x: this.across(value), y: bottom + 18, "text-anchor": "middle" }, shown(this.map.x, value));
    }
    for (const value of ticks(this.y[0], this.y.at(-1))) {
      add("path", { class: "tick", d: `M${left} ${this.up(value)}h-5` });
      add("text", { x: left - 8, y: this.up(value) + 4, "text-anchor": "end" }, shown(this.map.y, value));
    }
    add("path", { class: "axis", d: `M${left} ${high}V${bottom}H${right}` });
    add("text", { x: (left + right) / 2, y: bottom + 38, "text-anchor": "middle" }, this.map.x.title);
    const middle = (high + bottom) / 2;
    add("text", { x: 14, y: middle, "text-anchor": "middle", transform: `rotate(-90 14 ${middle})` }, this.map.y.title);
    this.scale(add, right + 16, high, bottom);
    if (this.rectangle) {
      const from = [this.across(this.x[this.rectangle.left]), this.up(this.y[this.rectangle.top + 1])];
      const to = [this.across(this.x[this.rectangle.right + 1]), this.up(this.y[this.rectangle.bottom])];
      const box = { x: from[0], y: from[1], width: to[0] - from[0], height: to[1] - from[1] };
      add("rect", { class: "halo", ...box });
      add("rect", { class: "chosen", ...box });
    }
    const [x, y] = this.place;
    const on = x !== null && y !== null && x >= this.x[0] && x <= this.x.at(-1) && y >= this.y[0] && y <= this.y.at(-1);
    if (on) add("circle", { class: "dot", cx: this.across(x), cy: this.up(y), r: 6 });
    this.svg.replaceChildren(...parts);
  }

  scale(add, x, high, bottom) {
    const shades = this.classes[this.name].shades;
    const step = (bottom - high) / shades.length;
    shades.forEach((fill, at) =>
      add("rect", { x, y: bottom - (at + 1) * step, width: 12, height: step, fill, "shape-rendering": "crispEdges" }),
    );
    for (const part of [0, 0.5, 1]) {
      add("text", { x: x + 16, y: bottom - part * (bottom - high - 8) }, `${number(100 * part * this.top())} %`);
    }
  }

  // The cell under the pointer, or the nearest on the map.
  cell(event) {
    const box = this.node.getBoundingClientRect();
    const find = (edge, before) => Math.min(Math.max(edge.findIndex(before) - 1, 0), edge.length - 2);
    const [left, down] = [event.clientX - box.left, event.clientY - box.top];
    const column = left >= this.across(this.x.at(-1)) ? this.size().x - 1 : find(this.x, (e) => this.across(e) > left);
    const row = down <= this.up(this.y.at(-1)) ? this.size().y - 1 : find(this.y, (e) => this.up(e) < down);
    return { column, row };
  }

  press(event) {
    if (!this.map || event.button !== 0) return;
    this.node.setPointerCapture(event.pointerId);
    this.start = this.cell(event);
    this.stretch(this.start);
  }

  move(event) {
    if (!this.map) return;
    const cell = this.cell(event);
    this.pointed(this.sentence(cell));
    if (this.start) this.stretch(cell);
  }

  stretch({ column, row }) {
    const { column: first, row: other } = this.start;
    this.rectangle = {
      left: Math.min(first, column),
      right: Math.max(first, column),
      bottom: Math.min(other, row),
      top: Math.max(other, row),
    };
    this.overlay();
  }

  release() {
    if (!this.start) return;
    this.start = null;
    this.selected(this.rectangle);
  }

  sentence({ column, row }) {
    const patients = this.map.patients[row][column];
    const between = (axis, at) => `${axis.title} ${shown(axis, axis.edges[at])} to ${shown(axis, axis.edges[at + 1])}`;
    const where = `${between(this.map.x, column)}, ${between(this.map.y, row)}`;
    const shares = Object.entries(this.classes).map(
      ([name, { word }]) => `${percent(this.map.share[name][row][column])} ${word}`,
    );
    return `${where}: ${count(patients)} patients${patients ? `; ${shares.join(", ")}` : ""}`;
  }

  key(event) {
    const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (!this.map || (!step && event.key !== "Escape")) return;
    event.preventDefault();
    if (!step) return this.choose(null);
    const size = this.size();
    const [column, row] = [Math.floor(size.x / 2), Math.floor(size.y / 2)];
    if (!this.rectangle) return this.choose({ left: column, right: column, bottom: row, top: row });
    const next = { ...this.rectangle };
    next.right += step[0];
    next.top += step[1];
    if (!event.shiftKey) {
      next.left += step[0];
      next.bottom += step[1];
    }
    const fits = next.left >= 0 && next.bottom >= 0 && next.right < size.x && next.top < size.y;
    if (fits && next.left <= next.right && next.bottom <= next.top) this.choose(next);
  }
}

function hatch(pen, left, top, width, height, scale) {
  pen.save();
  pen.beginPath();
  pen.rect(left, top, width, height);
  pen.clip();
  pen.strokeStyle = HATCH;
  pen.lineWidth = scale;
  pen.beginPath();
  for (let at = -height; at < width; at += 6 * scale) {
    pen.moveTo(left + at, top + height);
    pen.lineTo(left + at + height, top);
  }
  pen.stroke();
  pen.restore();
}
