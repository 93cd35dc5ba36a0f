// Ends the login of a page that nobody uses, after a warning that one button answers. What was typed is handed to the
// server before, and filled in again after the next login of the same person. Nothing is kept in the browser.

const SECOND = 1000;
const SECRET = /password|one-time-code/;
const UNTYPED = new Set(["hidden", "password", "submit", "button", "image", "reset", "file"]);

let running;

export function logOffWhenIdle() {
  const dialog = document.querySelector("dialog.logoff");
  if (dialog) running = new LogOff(dialog);
}

// Whether the same person is still, or again, logged in; the form tokens of the page then hold again.
export async function renewTokens() {
  const told = await running?.told(running.said.timeLeft);
  return Boolean(told) && running.isSame(told);
}

class LogOff {
  constructor(dialog) {
    this.dialog = dialog;
    this.said = dialog.dataset;
    this.isOver = false;
    this.isAsking = false;
    this.lastsFor(Number(this.said.seconds));
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      if (!this.isOver) this.stay();
    });
    this.part("stay").addEventListener("click", () => this.stay());
    this.part("again").addEventListener("click", () => this.leave());
    for (const kind of ["keydown", "pointerdown"]) {
      document.addEventListener(kind, () => this.noteUse(), { capture: true, passive: true });
    }
    for (const kind of ["visibilitychange", "pageshow"]) window.addEventListener(kind, () => this.look());
    setInterval(() => this.look(), SECOND);
    if (location.hash === "#kept") this.fillIn();
  }

  part(name) {
    return this.dialog.querySelector(`[data-logoff="${name}"]`);
  }

  lastsFor(seconds) {
    this.notedAt = Date.now();
    this.endsAt = this.notedAt + seconds * SECOND;
  }

  get left() {
    return Math.max(0, Math.ceil((this.endsAt - Date.now()) / SECOND));
  }

  // Typing is use, too. It is told as seldom as the server writes it down.
  noteUse() {
    const isDue = Date.now() - this.notedAt >= Number(this.said.notedEvery) * SECOND;
    if (isDue && !this.isOver && !this.dialog.open) this.stay();
  }

  look() {
    if (this.isOver || this.isAsking) return;
    if (this.left === 0) this.cover();
    if (this.dialog.open) this.showClock();
    else if (this.left <= Number(this.said.warning)) this.askFirst();
  }

  // Another window of the same login may have been used meanwhile.
  async askFirst() {
    const told = await this.told(this.said.timeLeft);
    const isReached = told !== undefined;
    if (isReached && !this.isSame(told)) return this.leave();
    if (!isReached && this.left === 0) return this.leave();
    this.uncover();
    if (isReached) this.lastsFor(told.seconds);
    if (this.left <= Number(this.said.warning)) this.warn();
    else this.dialog.close();
  }

  // Somebody else may have logged in meanwhile: then this page is not for their eyes.
  isSame(told) {
    return told !== null && told.who === this.said.who && told.seconds > 0;
  }

  async warn() {
    if (this.dialog.open) return;
    this.showClock();
    this.dialog.showModal();
    this.part("stay").focus();
    const typed = this.typed();
    if (typed.fields !== "[]") this.isKept = (await this.told(this.said.keep, typed))?.kept;
  }

  showClock() {
    const left = this.left;
    this.part("clock").textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
    if (left === 30) this.part("soon").hidden = false;
    if (left === 0) this.askFirst();
  }

  async stay() {
    this.notedAt = Date.now();
    let told = await this.told(this.said.stay, {});
    if (told === null) told = await this.told(this.said.timeLeft);
    if (told === undefined) return; // Not reached: the next use tries again, and the clock goes on.
    if (!this.isSame(told)) return this.leave();
    this.lastsFor(told.seconds);
    this.part("soon").hidden = true;
    this.dialog.close();
  }

  // From here on a passer-by reads nothing, whether or not the server can be reached.
  cover() {
    document.body.classList.add("is-covered");
  }

  uncover() {
    document.body.classList.remove("is-covered");
  }

  async leave() {
    this.isOver = true;
    this.cover();
    this.part("warning").hidden = true;
    this.part("over").hidden = false;
    if (!this.dialog.open) this.dialog.showModal();
    const typed = this.typed();
    const told = await this.told(this.said.keep, { ...typed, end: "1" });
    if (told === undefined) return; // Not reached: the page stays covered, and the button tries again.
    const mark = told?.kept || this.isKept ? "#kept" : "";
    const asked = new URLSearchParams({ next: location.pathname + location.search + mark, why: "idle" });
    location.replace(`${this.said.logIn}?${asked}`);
  }

  // What is in the forms of this page and was changed by hand, as (form, name, text).
  typed() {
    const forms = [...document.querySelectorAll("#main form")].filter((form) => form.method === "post");
    const fields = forms.filter((form) => [...form.elements].some(isChanged)).flatMap(fieldsOf);
    return { path: location.pathname + location.search, fields: JSON.stringify(fields) };
  }

  async fillIn() {
    const told = await this.told(this.said.take, { path: location.pathname + location.search });
    history.replaceState(null, "", location.pathname + location.search);
    if (!told || told.fields.length === 0) return;
    for (const form of document.querySelectorAll("#main form")) {
      const own = told.fields.filter(([of]) => of === nameOf(form));
      if (own.length > 0) fill(form, own);
    }
    const note = this.dialog.parentElement.querySelector(".logoff-note");
    document.getElementById("main").prepend(note);
    note.hidden = false;
  }

  // The server's answer; null when it refused or led elsewhere, undefined when it cannot be reached.
  async told(address, fields) {
    this.isAsking = true;
    try {
      const form = fields && { method: "POST", body: this.form(fields) };
      const answer = await fetch(address, { redirect: "manual", ...form });
      const told = answer.ok ? await answer.json() : null;
      if (told?.token && told.who === this.said.who) this.renewTokens(told.token);
      return told;
    } catch {
      return undefined;
    } finally {
      this.isAsking = false;
    }
  }

  form(fields) {
    return new URLSearchParams({ csrf_token: this.dialog.querySelector("input[name=csrf_token]").value, ...fields });
  }

  // The same person may have logged in anew in another window, which ended the tokens of this page.
  renewTokens(token) {
    for (const field of document.querySelectorAll("input[name=csrf_token]")) field.value = token;
  }
}

function isTyped(control) {
  return control.name && !control.disabled && !UNTYPED.has(control.type) && !SECRET.test(control.autocomplete ?? "");
}

function isChanged(control) {
  if (!isTyped(control)) return false;
  if (control.type === "checkbox" || control.type === "radio") return control.checked !== control.defaultChecked;
  if (control.options) return [...control.options].some((one) => one.selected !== one.defaultSelected);
  return control.value !== control.defaultValue;
}

function nameOf(form) {
  return form.getAttribute("action") ?? "";
}

function fieldsOf(form) {
  return [...form.elements]
    .filter(isTyped)
    .filter((control) => !["checkbox", "radio"].includes(control.type) || control.checked)
    .flatMap((control) => valuesOf(control).map((value) => [nameOf(form), control.name, value]));
}

function valuesOf(control) {
  return control.type === "select-multiple" ? [...control.selectedOptions].map((one) => one.value) : [control.value];
}

function fill(form, fields) {
  const texts = new Map();
  for (const [, name, text] of fields) texts.set(name, [...(texts.get(name) ?? []), text]);
  for (const control of [...form.elements].filter(isTyped)) {
    const values = texts.get(control.name) ?? [];
    if (control.type === "checkbox" || control.type === "radio") control.checked = values.includes(control.value);
    else if (control.options) for (const one of control.options) one.selected = values.includes(one.value);
    else if (values.length > 0) control.value = values.shift();
    control.dispatchEvent(new Event("input", { bubbles: true }));
    control.dispatchEvent(new Event("change", { bubbles: true }));
  }
}
