// Passkeys: what the server wants signed is handed to the browser's authenticator, and what it signed is handed back.
const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const described = (keys = []) => keys.map((key) => ({ ...key, id: bytes(key.id) }));

/** Ask the server, as the form would; where it leads elsewhere instead of answering, go there. */
async function ask(form, credential = "") {
  const given = new FormData(form);
  given.set("credential", credential);
  const answer = await fetch(form.action, { method: "POST", body: given });
  if (answer.redirected) return { onward: answer.url };
  return answer.json();
}

async function make(options) {
  const user = { ...options.user, id: bytes(options.user.id) };
  const challenge = bytes(options.challenge);
  const excludeCredentials = described(options.excludeCredentials);
  const made = await navigator.credentials.create({ publicKey: { ...options, user, challenge, excludeCredentials } });
  return {
    ...named(made),
    response: {
      clientDataJSON: text(made.response.clientDataJSON),
      attestationObject: text(made.response.attestationObject),
    },
  };
}

async function sign(options) {
  const challenge = bytes(options.challenge);
  const allowCredentials = described(options.allowCredentials);
  const made = await navigator.credentials.get({ publicKey: { ...options, challenge, allowCredentials } });
  const { clientDataJSON, authenticatorData, signature, userHandle } = made.response;
  return {
    ...named(made),
    response: {
      clientDataJSON: text(clientDataJSON),
      authenticatorData: text(authenticatorData),
      signature: text(signature),
      userHandle: userHandle?.byteLength ? text(userHandle) : null,
    },
  };
}

function named(made) {
  return { id: made.id, rawId: made.id, type: made.type, clientExtensionResults: made.getClientExtensionResults() };
}

async function ceremony(form) {
  const first = await ask(form);
  if (!first.options) return first;
  const made = await (form.dataset.passkey === "add" ? make : sign)(first.options);
  return ask(form, JSON.stringify(made));
}

async function begin(event) {
  event.preventDefault();
  const form = event.currentTarget;
  const button = form.querySelector("button");
  const wrong = form.querySelector("[data-wrong]");
  wrong.hidden = true;
  button.disabled = true;
  const answer = await ceremony(form).catch((fault) => ({
    wrong: fault.name === "InvalidStateError" ? form.dataset.known : form.dataset.failed,
  }));
  if (answer.onward) {
    location.assign(answer.onward);
    return;
  }
  wrong.textContent = answer.wrong;
  wrong.hidden = false;
  button.disabled = false;
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  form.hidden = !window.PublicKeyCredential;
  form.addEventListener("submit", begin);
}
for (const without of document.querySelectorAll("[data-passkey-absent]")) without.hidden = Boolean(window.PublicKeyCredential);
