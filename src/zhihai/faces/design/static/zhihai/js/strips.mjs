// Time strips of an open page go on as the district's time does. The geometry is that of strip.py.
import { tell } from "./clock.mjs";
import { say } from "./words.mjs";

const SVG = "http://www.w3.org/2000/svg";
const NEAR = 0.8;

function shape(name, look, svg, before) {
  const made = document.createElementNS(SVG, name);
  made.setAttribute("class", look);
  made.setAttribute(name === "rect" ? "height" : "y2", "100%");
  svg.insertBefore(made, before);
  return made;
}

function standAt(line, share) {
  line.setAttribute("x1", `${share}%`);
  line.setAttribute("x2", `${share}%`);
}

function urgency(instant, start, due, warn) {
  if (instant > due) return "late";
  const near = warn ? instant >= warn : instant - start >= NEAR * (due - start);
  return near ? "near" : "calm";
}

function turn(svg, state, spent, due) {
  const label = say("strip.label", { state: say(`strip.${state}`), spent, due: tell(due, "full") });
  svg.setAttribute("aria-label", label);
  if (svg.classList.contains(`strip-${state}`)) return;
  const provisional = svg.classList.contains("strip-provisional");
  svg.setAttribute("class", `strip strip-${state}${provisional ? " strip-provisional" : ""}`);
  const holder = svg.closest(".clock, .cellstrip, .duelist li");
  if (holder) holder.className = holder.className.replace(/is-\w+/, `is-${state}`);
  svg.closest("tr")?.classList.toggle("is-late", state === "late");
}

/** Draw a running strip as it stands at `instant` (milliseconds of UTC). */
export function drawStrip(svg, instant) {
  const { start, due, warn } = Object.fromEntries(
    ["start", "due", "warn"].map((name) => [name, Date.parse(svg.dataset[name] ?? "")]),
  );
  const limit = Math.max(due - start, 1000);
  const axis = Math.max(instant - start, limit);
  const filled = (100 * (instant - start)) / axis;
  const dueAt = (100 * limit) / axis;
  const pauses = [...svg.querySelectorAll(".strip-pause")];
  const tick = svg.querySelector(".strip-due");
  const before = tick ? (100 * limit) / parseFloat(tick.getAttribute("x1")) : limit; // the axis it was drawn on
  svg.querySelector(".strip-spent").setAttribute("width", `${Math.max(0, Math.min(filled, dueAt))}%`);
  if (filled > dueAt) {
    const first = pauses[0] ?? svg.querySelector(".strip-now");
    const over = svg.querySelector(".strip-over") ?? shape("rect", "strip-over", svg, first);
    over.setAttribute("x", `${dueAt}%`);
    over.setAttribute("width", `${filled - dueAt}%`);
    standAt(tick ?? shape("line", "strip-due", svg, first), dueAt);
  }
  for (const pause of axis === before ? [] : pauses) {
    for (const side of ["x", "width"]) pause.setAttribute(side, `${(parseFloat(pause.getAttribute(side)) * before) / axis}%`);
  }
  const mark = svg.querySelector(".strip-now");
  if (filled < 100) standAt(mark ?? shape("line", "strip-now", svg, null), filled);
  else mark?.remove();
  turn(svg, urgency(instant, start, due, warn), Math.round((100 * (instant - start)) / limit), due);
}
