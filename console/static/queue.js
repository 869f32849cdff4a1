"use strict";
(() => {
  const queue = document.getElementById("queue");
  const more = document.querySelector(".more-filters");
  const chosen = more.querySelectorAll("input:checked, select").values();
  const unused = [...chosen].every((field) => field.tagName === "SELECT" && field.selectedIndex === 0);
  if (unused && window.matchMedia("(max-width: 60rem)").matches) more.open = false; // the list comes first on a phone
  if (!queue || !window.EventSource) return;
  const live = document.getElementById("live");
  let waiting = false;
  const refresh = async () => {
    if (waiting) return;
    waiting = true;
    try {
      const answer = await fetch(queue.dataset.body, { credentials: "same-origin" });
      if (!answer.ok) return;
      const html = await answer.text();
      const focused = queue.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
      queue.innerHTML = html; // escaped by the server
      if (focused) queue.querySelector(`[href="${CSS.escape(focused)}"]`)?.focus();
    } finally {
      waiting = false;
    }
  };
  const stream = listen(queue.dataset.events, (news) => { if (news.tickets.length) refresh(); });
  stream.addEventListener("open", () => { live.hidden = false; });
  stream.addEventListener("error", () => { live.hidden = true; });
  setInterval(refresh, 60000); // the deadlines' words grow old by themselves
})();
