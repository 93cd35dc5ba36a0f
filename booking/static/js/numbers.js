// A list whose entries have numbers can be chosen by key while the focus is inside it; elsewhere keys keep their meaning.

export function chooseByNumber() {
  for (const list of document.querySelectorAll("[data-numbers]")) {
    list.addEventListener("keydown", (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      const entry = list.querySelector(`[data-number="${CSS.escape(event.key)}"]`);
      if (!entry) return;
      event.preventDefault();
      entry.click();
    });
  }
}
