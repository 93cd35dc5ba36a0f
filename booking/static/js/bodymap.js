// The areas of the body map are labels of the ticks in the list beside it. Pressed as such, they would also move the
// focus there, and on a phone the page with it, away from the picture.

export function stayAtThePicture() {
  for (const label of document.querySelectorAll("[data-body-map] .region-target")) {
    label.addEventListener("click", (event) => {
      event.preventDefault();
      label.control.click();
    });
  }
}
