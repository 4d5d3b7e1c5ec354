// The district's clock on an open page: it runs at the district's speed, stops where the data end, and is asked again.
import { plural, say } from "./words.mjs";

const page = document.body.dataset;
const face = { mode: page.clock, zone: page.zone, source: page.clockSource };
let base = 0;
let since = 0;
let speed = 0;
let until = Infinity;

function set({ mode, instant, speed: pace, until: end }) {
  face.mode = mode;
  base = Date.parse(instant);
  since = performance.now();
  speed = Number(pace);
  until = end ? Date.parse(end) : Infinity;
}

set({ mode: page.clock, instant: page.instant, speed: page.speed, until: page.until });

export const zone = face.zone;

/** The district's present instant in milliseconds of UTC. */
export function now() {
  return Math.min(base + (performance.now() - since) * speed, Math.max(until, base));
}

/** Ask the server what time it is in the district; a page that slept or whose replay changed speed is put right. */
export async function ask() {
  if (!face.source || document.hidden || !navigator.onLine) return;
  const before = face.mode;
  const answer = await fetch(face.source, { headers: { accept: "application/json" } }).catch(() => null);
  if (!answer?.ok) return;
  set(await answer.json());
  if (face.mode !== before) location.reload();
}

const parts = new Intl.DateTimeFormat("en-US", {
  timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", weekday: "short",
  hour: "2-digit", minute: "2-digit", second: "2-digit",
});
const WEEKDAYS = { Mon: 1, Tue: 2, Wed: 3, Thu: 4, Fri: 5, Sat: 6, Sun: 7 };

/** The parts of an instant in the district's zone, for the phrases `time.*`. */
export function local(instant) {
  const found = Object.fromEntries(parts.formatToParts(instant).map(({ type, value }) => [type, value]));
  return {
    ...found,
    weekday: say(`weekday.${WEEKDAYS[found.weekday]}`),
    month_name: say(`month.${found.month}`),
  };
}

/** Say an instant in one of the forms `day`, `date`, `clock`, `minute`, `full`. */
export function tell(instant, form) {
  return say(`time.${form}`, local(instant));
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const MANY_HOURS = 48;

const NEAR_DAYS = { "0": "today", "-1": "yesterday", "1": "tomorrow" };

function day({ year, month, day: date }) {
  return Date.UTC(year, month - 1, date) / DAY;
}

function when(instant, whole = false) {
  const then = local(instant);
  const present = local(now());
  const near = NEAR_DAYS[day(then) - day(present)];
  const [same, other] = whole ? ["day", "date"] : ["minute", "year_minute"];
  const form = near ? (whole ? `whole_${near}` : near) : then.year === present.year ? same : other;
  return say(`time.${form}`, then);
}

/** Say an instant from the present: `when` (tomorrow 18:00), `whole` (tomorrow), `ago` (3 days ago) or `left` (2 hours left, 1 day late). */
export function fromNow(instant, style) {
  if (style === "when" || style === "whole") return when(instant, style === "whole");
  const distance = instant - now();
  const size = Math.abs(distance);
  const [ahead, behind] = style === "left" ? ["left", "late"] : ["in", "ago"];
  const [soon, just] = style === "left" ? ["left_soon", "late_soon"] : ["soon", "now"];
  if (size < MINUTE) return say(`time.${distance > 0 ? soon : just}`);
  const [unit, length] = size < HOUR ? ["minute", MINUTE] : size < MANY_HOURS * HOUR ? ["hour", HOUR] : ["day", DAY];
  return plural(`time.${distance >= 0 ? ahead : behind}_${unit}`, Math.floor(size / length));
}
