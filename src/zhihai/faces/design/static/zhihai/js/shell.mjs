// The shell of every page: keyboard, help, large print, choices that close, times that stay true.
import { ask, fromNow, now, tell } from "./clock.mjs";
import { drawStrip } from "./strips.mjs";

const SECOND = 1000;
const ASK_EVERY = 30 * SECOND;

function putText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function tick() {
  if (document.hidden) return;
  const instant = now();
  for (const face of document.querySelectorAll("time[data-now]")) {
    putText(face, tell(instant, "full"));
    face.dateTime = new Date(instant).toISOString();
  }
  for (const time of document.querySelectorAll("time[data-told]")) {
    putText(time, fromNow(Date.parse(time.dateTime), time.dataset.told));
  }
  for (const strip of document.querySelectorAll("svg.strip[data-due]")) drawStrip(strip, instant);
}

// Keyboard. Single keys can be turned off (WCAG 2.1.4) and never reach a field.
const KEYS_OFF = "zhihai.single-keys-off";

function typing(target) {
  return target.closest("input, textarea, select, [contenteditable], .maplibregl-map") !== null;
}

function lists() {
  return [...document.querySelectorAll("[data-list]")].flatMap((list) => [...list.querySelectorAll("tbody tr[data-id]")]);
}

function step(by) {
  const all = lists();
  const at = all.findIndex((row) => row.contains(document.activeElement));
  const row = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + by))];
  const link = row?.querySelector(".to, a");
  if (!link) return false;
  link.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
  return true;
}

const ACTS = {
  j: () => step(1),
  k: () => step(-1),
  "/": () => {
    const field = document.querySelector("[data-find]");
    field?.select();
    field?.focus();
    return field !== null;
  },
  "?": () => open("keys"),
};

function open(id) {
  const dialog = document.getElementById(id);
  if (!dialog || dialog.open) return false;
  dialog.showModal();
  return true;
}

function press(event) {
  if (event.key === "Escape") closeChoices(null);
  const plain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.defaultPrevented;
  if (!plain || typing(event.target) || localStorage.getItem(KEYS_OFF) || document.querySelector("dialog[open]")) return;
  if (ACTS[event.key]?.()) event.preventDefault();
}

function closeChoices(inside) {
  for (const choice of document.querySelectorAll("details.choice[open]")) {
    if (choice.contains(inside)) continue;
    const held = choice.contains(document.activeElement);
    choice.open = false;
    if (held && inside === null) choice.querySelector("summary").focus();
  }
}

// A row leads where its link leads, for the mouse too; text can still be selected.
function followRow(event) {
  const row = event.target.closest("[data-list] tr.leads");
  if (!row || event.target.closest("a, button, input, label, summary") || String(getSelection())) return;
  row.querySelector(".to")?.click();
}

function click(event) {
  closeChoices(event.target);
  const opener = event.target.closest("[data-opens]");
  if (opener) open(opener.dataset.opens);
  followRow(event);
}

function readAloud() {
  const button = document.querySelector("[data-aloud]");
  if (!button || !("speechSynthesis" in window)) return;
  const start = button.textContent;
  const rest = () => putText(button, start);
  button.hidden = false;
  button.addEventListener("click", () => {
    if (speechSynthesis.speaking) return speechSynthesis.cancel();
    const text = [...document.querySelectorAll("#main :is(h1, h2, h3, p, li, dt, dd, label)")].map((part) => part.innerText);
    const voice = Object.assign(new SpeechSynthesisUtterance(text.join("\n")), { lang: document.documentElement.lang, rate: 0.9 });
    voice.addEventListener("end", rest);
    voice.addEventListener("error", rest);
    putText(button, button.dataset.stop);
    speechSynthesis.speak(voice);
  });
}

function singleKeys() {
  const box = document.querySelector("[data-single-keys]");
  if (!box) return;
  box.checked = !localStorage.getItem(KEYS_OFF);
  box.addEventListener("change", () => {
    if (box.checked) localStorage.removeItem(KEYS_OFF);
    else localStorage.setItem(KEYS_OFF, "1");
  });
}

// A process is wider than a phone: its frame begins where the case is now.
function presentStep() {
  const step = document.querySelector(".process .now, .process .late");
  const frame = step?.closest(".scroll");
  if (!frame) return;
  const [at, seen] = [step.getBoundingClientRect(), frame.getBoundingClientRect()];
  frame.scrollLeft += at.left + at.width / 2 - seen.left - seen.width / 2;
}

function online() {
  const told = document.querySelector("[data-offline]");
  if (told) told.hidden = navigator.onLine;
}

document.addEventListener("keydown", press);
document.addEventListener("click", click);
document.addEventListener("visibilitychange", () => ask().then(tick));
addEventListener("pageshow", (event) => event.persisted && ask().then(tick));
addEventListener("online", () => ask().then(online));
addEventListener("offline", online);
addEventListener("beforeprint", () => {
  for (const part of document.querySelectorAll("details.why, details.behind")) part.open = true;
});
document.querySelector(".side nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
readAloud();
singleKeys();
presentStep();
online();
tick();
document.querySelector("[data-focus]")?.focus();
setInterval(tick, SECOND);
setInterval(ask, ASK_EVERY);
