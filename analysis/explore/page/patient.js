// One patient: waveforms with and without the device, and sliders that simulate again while they move.

import { ask, byId, element, latest, number, shape, table, ticks } from "./parts.js";

const OUTCOMES = [
  "cardiac_output",
  "mean_arterial_pressure",
  "systolic_pressure",
  "augmented_diastolic_pressure",
  "end_diastolic_aortic_pressure",
  "wedge_pressure",
  "central_venous_pressure",
  "lv_end_diastolic_volume",
  "ejection_fraction",
  "pressure_volume_area",
  "endocardial_flow",
  "limb_flow",
];
const VERDICTS = { helps: "helped", fails: "failed to help", harms: "harmed" };

export class PatientView {
  // `choice` gives what the map shows, `placed` takes where the patient lies on it, `trouble` an error or nothing.
  constructor(about, choice, placed, trouble) {
    Object.assign(this, { about, choice, placed, trouble, index: null, settings: {}, sliders: new Map() });
    this.parameters = new Map(about.parameters.map((each) => [each.name, each]));
    this.simulate = latest(() => this.once());
    byId("index").max = about.patients - 1;
    byId("who").addEventListener("submit", (event) => {
      event.preventDefault();
      this.look(byId("index").valueAsNumber);
    });
    byId("as-stored").addEventListener("click", () => this.look(this.index));
    byId("sliders").addEventListener("submit", (event) => event.preventDefault());
    window.addEventListener("resize", () => this.seen && this.curves(this.seen, this.arm));
    byId("another").addEventListener("change", (event) => {
      this.slider(event.target.value);
      this.offer();
    });
  }

  look(index) {
    Object.assign(this, { index, settings: {}, stored: null });
    byId("index").value = index;
    return this.simulate();
  }

  again() {
    if (this.index !== null) this.simulate();
  }

  async once() {
    const asked = { ...this.choice(), index: this.index, settings: this.settings };
    const start = performance.now();
    const slow = setTimeout(() => {
      byId("pace").textContent = "simulating; where the model is compiled first, that takes a minute";
    }, 1500);
    try {
      const seen = await ask("/api/patient", asked);
      this.trouble();
      byId("pace").textContent = `simulated in ${Math.round(performance.now() - start)} ms`;
      this.show(seen);
    } catch (error) {
      byId("pace").textContent = "";
      this.trouble(error);
    } finally {
      clearTimeout(slow);
    }
  }

  show(seen) {
    byId("patient-title").textContent = `${seen.patient}, simulated now`;
    byId("patient-about").textContent = seen.about;
    const arm = Object.keys(seen.arms).find((name) => name !== seen.reference);
    Object.assign(this, { seen, arm });
    byId("verdict").textContent = verdict(seen, arm);
    this.placed(seen.place);
    this.curves(seen, arm);
    if (!this.stored) {
      this.stored = seen.values;
      this.build();
    }
    byId("as-stored").disabled = Object.keys(this.settings).length === 0;
  }

  curves(seen, arm) {
    byId("curves").hidden = byId("sliders").hidden = false;
    const key = (kind, name) => [element("span", { class: `key ${kind}` }), `${name} `];
    byId("legend").replaceChildren(...key("without", `${seen.reference} (without)`), ...key("with", `${arm} (with)`));
    const waves = [
      ["without", seen.waves[seen.reference]],
      ["with", seen.waves[arm]],
    ].filter(([, wave]) => wave);
    const longest = Math.max(0, ...waves.map(([, wave]) => duration(wave)));
    const over = (name) => waves.map(([kind, wave]) => [kind, ...repeated(wave, name, longest)]);
    plot(byId("pressure"), over("aortic_pressure"));
    plot(byId("volume"), over("lv_volume"));
    plot(byId("loop"), waves.map(([kind, wave]) => [kind, closed(wave.lv_volume), closed(wave.lv_pressure)]));
    const [before, after] = [seen.arms[seen.reference].outcomes, seen.arms[arm].outcomes];
    const rows = OUTCOMES.map((name) => {
      const { label, units } = this.about.outcomes[name];
      const [one, other] = [before[name], after[name]];
      const change = one === null || other === null ? null : other - one;
      const sign = change > 0 ? "+" : "";
      return [units ? `${label} (${units})` : label, number(one), number(other), `${sign}${number(change, 3)}`];
    });
    table(byId("outcomes"), ["", seen.reference, arm, "change"], rows);
  }

  build() {
    this.sliders.clear();
    byId("slider-list").replaceChildren();
    for (const { name, shown, device } of this.about.parameters) {
      if (shown && (!device || this.stored.balloon_volume > 0)) this.slider(name);
    }
    this.offer();
  }

  offer() {
    const others = this.about.parameters.filter(({ name }) => !this.sliders.has(name));
    const options = others.map(({ name, label }) => element("option", { value: name }, label));
    byId("another").replaceChildren(element("option", { value: "" }, "choose"), ...options);
  }

  slider(name) {
    const about = this.parameters.get(name);
    const stored = this.stored[name];
    const [low, high] = [Math.min(about.plausible[0], stored), Math.max(about.plausible[1], stored)];
    const row = element("div", { class: "slider" });
    const title = about.units ? `${about.label} (${about.units})` : about.label;
    const range = element("input", { id: `slide-${name}`, type: "range", min: low, max: high, step: about.step });
    const exact = element("input", { type: "number", step: "any", min: about.physical[0], max: about.physical[1] });
    exact.setAttribute("aria-label", `${title}, exact`);
    range.value = stored;
    exact.value = Number(stored.toPrecision(6));
    const moved = (value, other) => {
      if (!Number.isFinite(value)) return;
      other.value = value;
      this.settings = { ...this.settings, [name]: value };
      row.classList.add("moved");
      this.simulate();
    };
    range.addEventListener("input", () => moved(range.valueAsNumber, exact));
    exact.addEventListener("change", () => moved(exact.valueAsNumber, range));
    row.append(element("label", { for: range.id }, title), range, exact);
    byId("slider-list").append(row);
    this.sliders.set(name, row);
  }
}

function verdict(seen, arm) {
  const told = [seen.reference, arm].map((name) => [name, seen.arms[name]]);
  const said = told
    .filter(([, one]) => one.status !== "ok" || one.findings.length)
    .map(([name, one]) => {
      const parts = one.status === "ok" ? one.findings : [one.sentence, ...(one.why ? [one.why] : [])];
      return `${name}: ${parts.join("; ")}.`;
    });
  const word = VERDICTS[seen.arms[arm].response];
  return [word ? `${arm} ${word}.` : `${arm}: no class.`, ...said].join(" ");
}

const duration = (wave) => wave.time.at(-1) + (wave.time[1] - wave.time[0]);
const closed = (values) => [...values, values[0]];

// A pattern as often as the longest one needs: at 1:2 the other arm shows two beats.
function repeated(wave, name, longest) {
  const own = duration(wave);
  const times = Array.from({ length: Math.max(Math.round(longest / own), 1) }, (_, turn) =>
    wave.time.map((time) => time + turn * own),
  ).flat();
  return [[...times, times.at(-1) + wave.time[1]], [...times.map((_, at) => wave[name][at % wave.time.length]), wave[name][0]]];
}

function plot(svg, series) {
  if (!series.length) return svg.replaceChildren(shape("text", { x: 10, y: 24 }, "no periodic pattern to draw"));
  const [width, height] = [svg.clientWidth, svg.clientHeight];
  const room = { left: 40, right: 8, top: 8, bottom: 24 };
  const ends = (at) => {
    const values = series.flatMap((each) => each[at]);
    return [Math.min(...values), Math.max(...values)];
  };
  const x = ends(1);
  const y = ends(2);
  const across = (value) => room.left + ((value - x[0]) / (x[1] - x[0] || 1)) * (width - room.left - room.right);
  const up = (value) => height - room.bottom - ((value - y[0]) / (y[1] - y[0] || 1)) * (height - room.top - room.bottom);
  const parts = [];
  for (const value of ticks(...x)) {
    parts.push(shape("text", { x: across(value), y: height - 8, "text-anchor": "middle" }, number(value)));
  }
  for (const value of ticks(...y)) {
    parts.push(shape("path", { class: "grid", d: `M${room.left} ${up(value)}H${width - room.right}` }));
    parts.push(shape("text", { x: room.left - 6, y: up(value) + 4, "text-anchor": "end" }, number(value)));
  }
  parts.push(shape("path", { class: "axis", d: `M${room.left} ${room.top}V${height - room.bottom}H${width - room.right}` }));
  for (const [kind, xs, ys] of series) {
    const d = xs.map((value, at) => `${at ? "L" : "M"}${across(value).toFixed(1)} ${up(ys[at]).toFixed(1)}`).join("");
    parts.push(shape("path", { class: `wave ${kind}`, d }));
  }
  svg.replaceChildren(...parts);
}
