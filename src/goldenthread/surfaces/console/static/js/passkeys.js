// Passkeys: asks the browser for one, and sends what it gave. Without script, or without passkeys, the page's
// password and providers are there; what needs this is hidden until it works.

const token = () => document.querySelector('meta[name="csrf"]')?.content ?? "";

const octets = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));

const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

async function send(address, fields) {
  const answer = await fetch(address, {
    method: "POST",
    headers: { Accept: "application/json" },
    body: new URLSearchParams({ csrf: token(), ...fields }),
  });
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.message);
  return said;
}

function made(credential) {
  const { clientDataJSON, attestationObject } = credential.response;
  return { clientDataJSON: text(clientDataJSON), attestationObject: text(attestationObject) };
}

function shown(credential) {
  const { clientDataJSON, authenticatorData, signature, userHandle } = credential.response;
  return {
    clientDataJSON: text(clientDataJSON),
    authenticatorData: text(authenticatorData),
    signature: text(signature),
    ...(userHandle ? { userHandle: text(userHandle) } : {}),
  };
}

function whole(credential, response) {
  const id = text(credential.rawId);
  return JSON.stringify({ id, rawId: id, type: credential.type, response, clientExtensionResults: {} });
}

async function make(options) {
  const known = (options.excludeCredentials ?? []).map((one) => ({ ...one, id: octets(one.id) }));
  const publicKey = {
    ...options,
    challenge: octets(options.challenge),
    user: { ...options.user, id: octets(options.user.id) },
    excludeCredentials: known,
  };
  const credential = await navigator.credentials.create({ publicKey });
  return whole(credential, made(credential));
}

async function show(options) {
  const publicKey = { ...options, challenge: octets(options.challenge) };
  const credential = await navigator.credentials.get({ publicKey });
  return whole(credential, shown(credential));
}

async function run(form) {
  const asked = await send(`${form.dataset.passkey}/ask`, {});
  const { options, begun } = asked.gave ?? asked;
  const answer = await (form.dataset.way === "make" ? make(options) : show(options));
  const fields = Object.fromEntries(new FormData(form));
  return send(form.dataset.passkey, { ...fields, csrf: token(), begun, answer });
}

function words(problem) {
  if (problem.name === "NotAllowedError") return "The browser was not given a passkey. Try again, or come in another way.";
  if (problem.name === "InvalidStateError") return "This device has a passkey for you already.";
  return problem.message;
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  if (!window.PublicKeyCredential) break;
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const [button, problem] = [form.querySelector("button"), form.querySelector("[role=alert]")];
    button.disabled = true;
    problem.hidden = true;
    try {
      window.location.assign((await run(form)).to);
    } catch (error) {
      problem.textContent = words(error);
      problem.hidden = false;
      button.disabled = false;
      button.focus();
    }
  });
}
