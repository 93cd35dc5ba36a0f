// Runs on every page. Pages work without it: it only says that scripts run, and starts the components that pages use.
import { Button, Checkboxes, ErrorSummary, PasswordInput, Radios, SkipLink, createAll } from "./govuk-frontend.js";
import { saveWhileAnswering } from "./autosave.js";
import { keepNowInSight } from "./board.js";
import { stayAtThePicture } from "./bodymap.js";
import { logOffWhenIdle } from "./logoff.js";
import { chooseByNumber } from "./numbers.js";

document.body.classList.add("js-enabled");
if ("noModule" in HTMLScriptElement.prototype) {
  document.body.classList.add("govuk-frontend-supported");
}

saveWhileAnswering();
for (const component of [Button, Checkboxes, ErrorSummary, PasswordInput, Radios, SkipLink]) {
  createAll(component);
}
keepNowInSight();
stayAtThePicture();
chooseByNumber();
logOffWhenIdle();

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
