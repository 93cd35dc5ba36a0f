// Saves a page of questions while somebody answers it, and says what became of it. Without it, the buttons save.
// Nothing is kept in the browser: what is not saved stays in its fields, is tried again, and holds up leaving the page.

import { renewTokens } from "./logoff.js";

const TYPING_PAUSE = 1200;
const CHOOSING_PAUSE = 300;
const FIRST_RETRY = 2000;
const LAST_RETRY = 30000;
const OWN_FIELDS = /^[avdo]_/;

export function saveWhileAnswering() {
  const form = document.querySelector("form[data-autosave]");
  if (form) new Autosave(form);
}

class Autosave {
  constructor(form) {
    this.form = form;
    // Its buttons are named "action", too, which hides the property of that name.
    this.address = form.getAttribute("action");
    this.state = form.querySelector("[data-save-state]");
    this.touched = new Set();
    this.retryAfter = FIRST_RETRY;
    this.isCut = false;
    // A second press is held back below, by what became of the first one, not by the clock.
    for (const button of form.querySelectorAll("button")) button.removeAttribute("data-prevent-double-click");
    form.addEventListener("input", (event) => this.note(event, TYPING_PAUSE));
    form.addEventListener("change", (event) => this.note(event, CHOOSING_PAUSE));
    form.addEventListener("submit", (event) => this.leave(event));
    addEventListener("online", () => this.again());
    addEventListener("pageshow", () => (this.isLeaving = this.hasLeft = false));
    addEventListener("beforeunload", (event) => {
      if (this.isLeaving || !this.isUnsaved) return;
      event.preventDefault();
      event.returnValue = true; // Older browsers ask only then.
    });
  }

  // Only lost connections hold people up: what is no answer yet is said by the page itself.
  get isUnsaved() {
    return this.isCut || this.isDue || Boolean(this.sending);
  }

  note(event, pause) {
    const question = event.target.closest("[data-question]");
    if (!question || !OWN_FIELDS.test(event.target.name)) return;
    this.touched.add(question);
    this.isDue = true;
    this.plan(this.isCut ? this.retryAfter : pause);
  }

  plan(pause) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), pause);
  }

  again() {
    if (this.touched.size > 0) this.plan(0);
    else this.state.textContent = "";
  }

  // One after the other, so that each knows the versions that the one before made.
  async save() {
    clearTimeout(this.timer);
    if (this.sending) await this.sending;
    if (this.touched.size === 0) return;
    const questions = [...this.touched];
    this.touched.clear();
    this.isDue = false;
    this.sending = this.send(questions);
    const isSent = await this.sending;
    this.sending = undefined;
    if (isSent && !this.isOver) return;
    questions.forEach((question) => this.touched.add(question));
    if (this.isOver) return;
    this.plan(this.retryAfter);
    this.retryAfter = Math.min(this.retryAfter * 2, LAST_RETRY);
  }

  // Whether the server has it, or has refused it for good; false when it must be tried again.
  async send(questions) {
    this.say("saving");
    if (this.isOver) await renewTokens(); // Somebody may have logged in again in another window.
    try {
      const answer = await fetch(this.address, { method: "POST", redirect: "manual", body: this.fields(questions) });
      if (answer.status >= 500 || answer.status === 429) throw new Error("not reached");
      if (answer.status === 401) return this.close(await answer.json(), questions);
      if (answer.status === 400 && !this.isRenewed && (this.isRenewed = await renewTokens())) return this.send(questions);
      this.isOver = this.isRenewed = false;
      const isOurs = answer.ok && answer.headers.get("Content-Type")?.startsWith("application/json");
      this.isCut = false;
      this.retryAfter = FIRST_RETRY;
      if (isOurs) this.take(await answer.json());
      else this.say("refused", true);
      return true;
    } catch {
      this.isCut = true;
      this.say("failed", true);
      return false;
    }
  }

  // The fields of the questions that were touched: what is only proposed on the page is nobody's answer yet.
  fields(questions) {
    const sent = new URLSearchParams();
    for (const [name, value] of new FormData(this.form)) {
      const owner = this.form.elements[name];
      const control = owner instanceof RadioNodeList ? owner[0] : owner;
      const question = control?.closest?.("[data-question]");
      if (!question || this.isOver || questions.includes(question)) sent.append(name, value);
    }
    sent.set("action", "autosave");
    return sent;
  }

  // Nobody is logged in any more: the server keeps the whole page, as the person sees it, until somebody is.
  close(told, questions) {
    this.isCut = false;
    if (!this.isOver) {
      this.isOver = true;
      return this.send(questions);
    }
    this.show(`${this.form.dataset.over} ${this.form.dataset[told.is_kept ? "kept" : "unkept"]}`, true);
    const link = document.createElement("a");
    link.href = told.log_in;
    link.textContent = this.form.dataset.logIn;
    this.state.append(" ", link);
    return true;
  }

  take(told) {
    for (const [id, version] of Object.entries(told.versions)) {
      this.form.elements[`v_${id}`].value = version;
    }
    if (told.conflicts.length > 0) this.say("conflict", true);
    else if (told.mistakes.length > 0) this.show(this.form.dataset.mistake.replace("{why}", told.why), true);
    else this.say("saved");
    if (told.next) this.goTo(told.next);
  }

  // An answer may call for a page of its own at once.
  goTo(address) {
    this.isLeaving = true;
    location.assign(address);
  }

  // A save under way is waited for, and without a connection the page stays: the browser would only show an error.
  async leave(event) {
    if (this.isLeaving && !this.hasLeft) {
      this.hasLeft = true;
      return;
    }
    event.preventDefault();
    if (this.isLeaving || this.isAsked) return;
    this.isAsked = true;
    const button = event.submitter;
    clearTimeout(this.timer);
    await new Promise((done) => setTimeout(done)); // A form is not sent again from within its own event.
    if (this.sending) await this.sending;
    if (this.isCut && this.touched.size > 0) await this.save();
    this.isAsked = false;
    if (!navigator.onLine || (this.isCut && this.touched.size > 0)) return this.say("held", true);
    this.isLeaving = true;
    this.form.requestSubmit(button);
  }

  say(what, isUnsaved = false) {
    const time = new Date().toLocaleTimeString(document.documentElement.lang, { hour: "numeric", minute: "2-digit" });
    const words = this.form.dataset[what].replace("{time}", time.toLowerCase()); // "pm", as on all pages.
    this.show(words, isUnsaved);
  }

  show(words, isUnsaved) {
    this.state.classList.toggle("is-unsaved", isUnsaved);
    if (this.state.textContent !== words) this.state.textContent = words;
  }
}
