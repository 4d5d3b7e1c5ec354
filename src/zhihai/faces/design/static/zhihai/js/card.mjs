// An identity card on the machine at this counter: asked for here, shown for comparison, and handed on by the form.
const PATIENCE = 20_000;
const PHOTOS = new Set(["image/jpeg", "image/png", "image/bmp"]);

/** Ask the server what the machine is to answer to. */
async function nonceFor(form) {
  const given = new FormData(form);
  given.delete("statement");
  const answer = await fetch(form.dataset.ask, { method: "POST", body: given });
  if (!answer.ok || answer.redirected) throw new Error("expired");
  return (await answer.json()).nonce;
}

async function askMachine(form, nonce) {
  const answer = await fetch(`${form.dataset.reader}/card`, {
    method: "POST",
    mode: "cors",
    credentials: "omit",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ nonce }),
    signal: AbortSignal.timeout(PATIENCE),
  }).catch(() => {
    throw new Error("gone");
  });
  if (answer.status === 404) throw new Error("noCard");
  if (!answer.ok) throw new Error("gone");
  return answer.json().catch(() => {
    throw new Error("unreadable");
  });
}

function understood(told) {
  try {
    const said = JSON.parse(told.statement);
    if (typeof said.card.number === "string") return said;
  } catch {
    // told below
  }
  throw new Error("unreadable");
}

function photograph(form, photo) {
  const img = form.querySelector("[data-photo]");
  const fits = photo && PHOTOS.has(photo.type) && /^[A-Za-z0-9+/=]+$/.test(photo.base64);
  img.hidden = !fits;
  form.querySelector("[data-no-photo]").hidden = Boolean(fits);
  if (fits) img.src = `data:${photo.type};base64,${photo.base64}`;
  else img.removeAttribute("src");
}

const day = (text) => text.replace(/^(\d{4})(\d{2})(\d{2})$/, "$1-$2-$3");
const masked = (number) => number.slice(0, 8) + "*".repeat(Math.max(number.length - 12, 0)) + number.slice(-4);

function show(form, told) {
  const said = understood(told);
  const shown = { ...said.card, number: masked(said.card.number) };
  shown.until = /^\d{8}$/.test(shown.until) ? day(shown.until) : form.dataset.forever;
  for (const place of form.querySelectorAll("[data-field]")) place.textContent = shown[place.dataset.field] || "—";
  photograph(form, told.photo);
  form.elements.statement.value = told.statement;
  form.elements.signature.value = told.signature ?? "";
  form.querySelector("[data-simulated]").hidden = said.simulated !== true;
}

/** Forget what was read: nothing of it stays in a page that somebody comes back to. */
function forget(form) {
  form.elements.statement.value = form.elements.signature.value = "";
  form.querySelector("[data-card]").hidden = true;
  form.querySelector("[data-photo]").removeAttribute("src");
  for (const place of form.querySelectorAll("[data-field]")) place.textContent = "";
}

async function read(form, button) {
  const [wrong, status] = [form.querySelector("[data-wrong]"), form.querySelector("[data-reading]")];
  forget(form);
  wrong.hidden = true;
  status.hidden = false;
  button.disabled = true;
  try {
    show(form, await askMachine(form, await nonceFor(form)));
    form.querySelector("[data-card]").hidden = false;
    form.querySelector("[data-card] button").focus();
  } catch (fault) {
    wrong.textContent = form.dataset[fault.message] ?? form.dataset.gone;
    wrong.hidden = false;
  }
  status.hidden = true;
  button.disabled = false;
}

for (const form of document.querySelectorAll("form[data-reader]")) {
  const button = form.querySelector("[data-read]");
  button.disabled = false;
  button.addEventListener("click", () => read(form, button));
  addEventListener("pageshow", (event) => event.persisted && forget(form));
}
