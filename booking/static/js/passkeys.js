// Passkeys: hands the server's question to the device and its answer back, as text in a form that is then sent.
// A form with data-passkey="get" or "create" holds the question in data-options. Where browsers cannot do this, nothing
// appears, and the other ways to log in remain.

const toBytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));

const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

const withBytes = (credentials = []) => credentials.map((one) => ({ ...one, id: toBytes(one.id) }));

function questionOf(form) {
  const asked = JSON.parse(form.dataset.options);
  asked.challenge = toBytes(asked.challenge);
  if (asked.user) {
    asked.user.id = toBytes(asked.user.id);
    asked.excludeCredentials = withBytes(asked.excludeCredentials);
  } else {
    asked.allowCredentials = withBytes(asked.allowCredentials);
  }
  return asked;
}

function answerOf(credential) {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) {
      response[name] = toText(credential.response[name]);
    }
  }
  const { id, type } = credential;
  return JSON.stringify({ id, rawId: toText(credential.rawId), type, response, clientExtensionResults: {} });
}

let waiting = new AbortController();

async function ask(form, mediation) {
  waiting.abort();
  waiting = new AbortController();
  const options = { publicKey: questionOf(form), signal: waiting.signal, ...(mediation && { mediation }) };
  const credential = await navigator.credentials[form.dataset.passkey](options);
  form.elements.answer.value = answerOf(credential);
  if (form.elements.is_shared && document.querySelector("input[type=checkbox][name=is_shared]")?.checked) {
    form.elements.is_shared.value = "y";
  }
  HTMLFormElement.prototype.submit.call(form);
}

function prepare(form) {
  const problem = form.querySelector("[data-problem]");
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    problem.hidden = true;
    ask(form).catch((error) => {
      if (error.name !== "AbortError") {
        problem.hidden = false;
      }
    });
  });
}

async function offerBesideTheAddress(form) {
  const canOffer = await PublicKeyCredential.isConditionalMediationAvailable?.();
  if (canOffer) {
    ask(form, "conditional").catch(() => {});
  }
}

if (window.PublicKeyCredential && navigator.credentials) {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    prepare(form);
    if ("offered" in form.dataset) {
      offerBesideTheAddress(form);
    }
  }
  for (const note of document.querySelectorAll("[data-without-passkeys]")) {
    note.hidden = true;
  }
}
