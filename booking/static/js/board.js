// The desk's board opens with the present hour in sight. Without this module it opens at the start of the day.

export function keepNowInSight() {
  for (const board of document.querySelectorAll(".board")) {
    const line = board.querySelector(".board-now");
    if (!line) continue;
    const offset = line.getBoundingClientRect().top - board.getBoundingClientRect().top;
    board.scrollTop = Math.max(0, offset - board.clientHeight / 3);
  }
}
