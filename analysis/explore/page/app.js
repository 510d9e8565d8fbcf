// The page: what is chosen, the map of it, the patients of a rectangle, and one patient.

import { MapView } from "./map.js";
import { ask, byId, count, element, latest, number, percent, table } from "./parts.js";
import { PatientView } from "./patient.js";

const FIELDS = ["x", "y", "arm", "definition", "cohort"];

function trouble(error) {
  byId("trouble").hidden = !error;
  byId("trouble").textContent = error ? error.message : "";
}

const option = (name, text = name) => element("option", { value: name }, text);

function fill(about) {
  for (const field of ["x", "y"]) {
    for (const [group, axes] of Object.entries(about.axes)) {
      const under = element("optgroup", { label: group });
      under.append(...Object.entries(axes).map(([name, title]) => option(name, title)));
      byId(field).append(under);
    }
  }
  byId("shown").append(...Object.entries(about.classes).map(([name, { word }]) => option(name, word)));
  byId("arm").append(...about.arms.map((name) => option(name, `${name} against ${about.reference}`)));
  byId("definition").append(...about.definitions.map((name) => option(name)));
  const several = about.cohorts.length > 1;
  byId("cohort").append(...(several ? [option("", "all")] : []), ...about.cohorts.map((name) => option(name)));
  byId("cohort").disabled = !several;
  for (const field of FIELDS) if (field !== "cohort") byId(field).value = about.chosen[field];
  byId("title").textContent = about.title;
  document.title = `${about.title} – counterpulse explore`;
  const missing = about.blocks_missing
    ? `; ${count(about.blocks_missing)} of ${count(about.blocks)} blocks are not run yet, their patients are not in the map`
    : "";
  byId("about").textContent = `${count(about.patients)} candidates of ${about.cohorts.join(", ") || "the store"}, each with and
    without the device, ${about.regulation.replace("-", " ")}${missing}.`;
  byId("further").hidden = !about.further.length;
  byId("further").append("On a command line this store also answers:", ...about.further.flatMap(commandLine));
}

function commandLine(line) {
  const code = document.createElement("code");
  code.textContent = line;
  return [document.createElement("br"), code];
}

const choice = () => Object.fromEntries(FIELDS.map((field) => [field, byId(field).value]));

function words(map) {
  const lost = [
    [map.failed_run, "failed runs"],
    [map.not_compared, "outside the cohort or not run"],
    [map.not_survivable, "whose baseline nobody survives"],
    [map.not_in_shock, "not in shock at baseline"],
    [map.other_cohorts, "of other cohorts"],
    [map.off_the_map, "beyond the axes"],
    [map.undecided, "of those compared within numerical error of another class"],
  ].filter(([patients]) => patients);
  const left = lost.map(([patients, why]) => `${count(patients)} ${why}`).join(", ");
  return `${count(map.compared)} patients compared${left ? `; ${left}` : ""}. ${map.in_words} Hatched: fewer than ${map.fewest}
    patients in the cell; grey: none.${map.weighted ? " Shares are weighted back to the plain law, medians are not." : ""}`;
}

// Ask until the count is done, showing how far it is; nothing once another question has come.
async function counted(path, question, current, bar) {
  for (;;) {
    const answer = await ask(path, question);
    if (!current()) return null;
    byId("counting").hidden = answer.counting === undefined;
    if (answer.counting === undefined) return answer;
    if (bar) byId("progress").value = answer.counting;
    else byId("progress").removeAttribute("value");
  }
}

function rectangleTables(told, classes, map) {
  const names = Object.keys(classes);
  table(
    byId("classes"),
    ["", "patients", "share", "95 % interval"],
    names.map((name) => {
      const { count: own, share, low, high } = told.classes[name];
      const interval = share === null ? "–" : `${percent(low)} to ${percent(high)}`;
      return [classes[name].word, count(own), share === null ? "–" : percent(share), interval];
    }),
  );
  const spoken = (value, relative) => (relative && value !== null ? `${number(100 * value)} %` : number(value));
  const all = told.sampled === told.patients;
  byId("medians-title").textContent = `Medians of ${all ? "all" : `${count(told.sampled)} of them, drawn at random`}`;
  table(
    byId("medians"),
    ["", "all", ...names.map((name) => classes[name].word)],
    told.medians.map((each) => [each.title, ...["all", ...names].map((name) => spoken(each[name], each.relative))]),
  );
  byId("rows-title").textContent = `${told.rows.length} of them`;
  const relative = (axis) => axis.name.endsWith("_relative_difference");
  table(
    byId("rows"),
    ["patient", "", map.x.title, map.y.title],
    told.rows.map((row) => {
      const look = element("button", { type: "button", "data-index": row.index }, count(row.index));
      look.setAttribute("aria-label", `Simulate patient ${row.index}`);
      const values = [spoken(row.x, relative(map.x)), spoken(row.y, relative(map.y))];
      return [look, classes[row.response].word, ...values];
    }),
  );
}

async function start() {
  history.replaceState(null, "", "/"); // the token is in the cookie now, and not in a bookmark
  const about = await ask("/api/about", {});
  fill(about);
  let turn = 0;
  let map = null;

  const rectangle = latest(async (cells) => {
    const now = turn;
    byId("selected").hidden = !cells;
    if (!cells) {
      byId("rule").textContent = "No rectangle is drawn.";
      return;
    }
    try {
      const told = await counted("/api/rectangle", { ...choice(), ...cells }, () => now === turn, false);
      if (!told) return;
      byId("rule").textContent = told.rule;
      rectangleTables(told, about.classes, map);
      trouble();
    } catch (error) {
      trouble(error);
    }
  });
  const view = new MapView(byId("map"), rectangle, (sentence) => (byId("cell").textContent = sentence));
  const patient = new PatientView(about, choice, (place) => view.mark(place), trouble);

  const load = async () => {
    const now = ++turn;
    byId("map").classList.add("old");
    try {
      const found = await counted("/api/map", choice(), () => now === turn, true);
      if (!found) return;
      map = found;
      trouble();
      byId("map-title").textContent = `Where ${map.arm} ${about.classes[byId("shown").value].word} (share of the patients)`;
      byId("map-words").textContent = words(map);
      view.show(map, byId("shown").value, about.classes);
      byId("map").classList.remove("old");
      rectangle(view.rectangle);
    } catch (error) {
      byId("counting").hidden = true;
      trouble(error);
    }
  };

  byId("choice").addEventListener("change", (event) => {
    if (["x", "y"].includes(event.target.id)) {
      view.rectangle = null;
      view.mark([null, null]);
    }
    load();
    if (event.target.id !== "shown") patient.again();
  });
  byId("choice").addEventListener("submit", (event) => event.preventDefault());
  byId("rows").addEventListener("click", (event) => {
    const index = event.target.dataset.index;
    if (index === undefined) return;
    patient.look(Number(index));
    byId("patient").scrollIntoView({ behavior: "smooth" });
  });
  await load();
}

start().catch(trouble);
