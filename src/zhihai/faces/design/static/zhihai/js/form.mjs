// A form's page: asks for what is asked, computes, checks a field when it is left, keeps the draft while one writes.
import { isEmpty, Program, readAnswer, shownNumber } from "./program.mjs";

const KEEP_AFTER = 1500;
const page = document.querySelector("form[data-form]");
const sent = JSON.parse(document.getElementById("form").textContent);
const program = new Program(sent);
const left = new Set();
let waiting = 0;
let stopped = "try" in page.dataset;
let pressed = false;

const names = (name) => [...page.elements].filter((one) => one.name === name);

function texts(name) {
  return names(name).filter((one) => !["radio", "checkbox"].includes(one.type) || one.checked).map((one) => one.value);
}

function answer(field, name) {
  if (field.sort === "address") return readAnswer(field, [`${name}.area`, `${name}.detail`].map((one) => texts(one)[0] ?? ""));
  return readAnswer(field, texts(name));
}

function answers() {
  const found = { ...held };
  for (const [id, field] of program.fields) {
    if (program.groupOf.has(id) || field.sort === "computed" || sent.held.includes(id)) continue;
    const value = field.sort === "group" ? rows(field) : field.sort === "files" ? files[id] : answer(field, id);
    if (value === undefined) delete found[id];
    else found[id] = value;
  }
  return found;
}

function rows(group) {
  const count = Number(texts(`${group.id}.rows`)[0] ?? 0);
  const found = Array.from({ length: count }, (_, place) => {
    const row = group.fields.map((field) => [field.id, answer(field, `${group.id}.${place}.${field.id}`)]);
    return Object.fromEntries(row.filter(([, value]) => value !== undefined));
  });
  return count ? found : undefined;
}

function say({ field, code, facts }) {
  if (code === "check") return sent.checks_say[facts.check];
  return sent.words[code].replace(/\{(\w+)\}/g, (whole, name) => (name in facts ? String(facts[name]) : whole));
}

const nameOf = (id, row) => (row === null || row === undefined ? id : `${program.groupOf.get(id)}.${row}.${id}`);

function put(name, text) {
  const box = page.querySelector(`[data-field="${name}"] .field`);
  if (!box) return;
  const [id, inputs] = [`f-${name}-wrong`, box.querySelectorAll("input, textarea, select")];
  let told = document.getElementById(id);
  box.classList.toggle("is-wrong", text !== "");
  for (const one of inputs) {
    one.toggleAttribute("aria-invalid", text !== "");
    if (text) one.setAttribute("aria-invalid", "true");
    const others = (one.getAttribute("aria-describedby") ?? "").split(" ").filter((part) => part && part !== id);
    const all = text ? [...others, id] : others;
    if (all.length) one.setAttribute("aria-describedby", all.join(" "));
    else one.removeAttribute("aria-describedby");
  }
  if (!text) return told?.remove();
  if (!told) {
    told = Object.assign(document.createElement("p"), { id, className: "wrong" });
    box.append(told);
  }
  told.textContent = text;
}

function show(name, asked) {
  const box = page.querySelector(`[data-field="${name}"]`);
  if (box) box.hidden = !asked;
  const correcting = document.getElementById(`correct-${name}`);
  if (correcting) correcting.hidden = !asked;
}

function output(name, field, value) {
  const told = document.getElementById(`f-${name}`);
  if (told) told.textContent = isEmpty(value) ? "–" : [shownNumber(value, field.places), told.dataset.unit ?? ""].join(" ").trim();
}

function run() {
  const found = program.check(answers(), sent.held);
  for (const section of sent.sections) page.querySelector(`[data-section="${section.id}"]`).hidden = !found.asked.has(section.id);
  for (const [id, field] of program.fields) {
    if (program.groupOf.has(id)) continue;
    show(id, found.asked.has(id));
    if (field.sort === "computed") output(id, field, found.answers[id]);
    (found.rows[id] ?? []).forEach((asked, row) => {
      for (const inner of field.fields) {
        show(nameOf(inner.id, row), asked.includes(inner.id));
        if (inner.sort === "computed") output(nameOf(inner.id, row), inner, found.answers[id]?.[row]?.[inner.id]);
      }
    });
  }
  const wrong = new Map();
  for (const fault of found.faults) wrong.set(nameOf(fault.field, fault.row), fault);
  for (const name of left) {
    const fault = wrong.get(name);
    put(name, fault && !sent.missing.includes(fault.code) ? say(fault) : "");
  }
}

async function keep() {
  if (stopped) return;
  const given = new FormData(page);
  for (const [name, value] of [...given]) if (value instanceof File) given.delete(name);
  given.set("do", "keep");
  const told = page.querySelector("[data-kept]");
  try {
    const reply = await fetch(page.action, { method: "POST", body: given, headers: { Accept: "application/json" } });
    if (reply.status === 409) {
      stopped = true;
      told.textContent = page.dataset.elsewhere;
      told.setAttribute("role", "alert");
      return;
    }
    if (!reply.ok || reply.redirected) return;
    page.elements.revision.value = (await reply.json()).revision;
    for (const one of document.querySelectorAll('details form input[name="revision"]')) one.value = page.elements.revision.value;
    told.textContent = page.dataset.saved;
  } catch {
    // No line at the moment: what is written stays on the page, and is kept with the next change.
  }
}

function leave(event) {
  const box = event.target.closest("[data-field]");
  if (!box || event.target.type === "file") return;
  left.add(box.dataset.field);
  if (!pressed) run();
}

// What appears or goes would move what is being pressed away from under the finger: it waits until that is let go.
function press() {
  pressed = true;
}

function release() {
  if (!pressed) return;
  pressed = false;
  setTimeout(run);
}

function change(event) {
  if (event.target.type === "file") return;
  run();
  clearTimeout(waiting);
  waiting = setTimeout(keep, KEEP_AFTER);
}

function openDetails(event) {
  const opener = event.target.closest("[data-opens-details]");
  if (opener) document.getElementById(opener.dataset.opensDetails).open = true;
}

const held = sent.answers_held;
const files = sent.files;
for (const one of page.querySelectorAll("[data-without-script]")) one.hidden = true;
for (const box of page.querySelectorAll("[data-field] .is-wrong")) left.add(box.closest("[data-field]").dataset.field);
page.addEventListener("focusout", leave);
addEventListener("pointerdown", press, true);
for (const end of ["pointerup", "pointercancel"]) addEventListener(end, release, true);
page.addEventListener("input", change);
page.addEventListener("submit", (event) => {
  clearTimeout(waiting);
  if ("try" in page.dataset) event.preventDefault();
});
document.addEventListener("click", openDetails);
run();
