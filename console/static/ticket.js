"use strict";
(() => {
  const conversation = document.getElementById("conversation");
  const add = (list, html, atStart) => {
    const holder = document.createElement("template");
    holder.innerHTML = html; // escaped by the server
    const item = holder.content.firstElementChild;
    if (!item || document.getElementById(item.id)) return;
    item.classList.add("fresh");
    if (atStart) list.prepend(item); else list.append(item);
  };
  const onNews = (news) => {
    news.messages.forEach((html) => add(conversation, html, false));
    [...news.history].reverse().forEach((html) => add(document.getElementById("history"), html, true));
    document.getElementById("status").innerHTML = news.status;
    document.getElementById("nothing-said")?.remove();
    if (news.by_others) {
      document.getElementById("changed").hidden = false; // forms keep their version: sending them shows the conflict
      return;
    }
    if (!document.getElementById("changed").hidden) return;
    document.querySelectorAll("[data-version]").forEach((field) => { field.value = news.version; });
    document.querySelectorAll("[data-seen-event]").forEach((field) => { field.value = news.last_event; });
  };
  if (conversation && window.EventSource) listen(conversation.dataset.events, onNews);

  const words = document.getElementById("words").dataset;
  document.querySelectorAll("[data-limit]").forEach((field) => {
    const limit = Number(field.dataset.limit);
    const note = document.createElement("span");
    note.className = "small muted";
    field.after(note);
    const count = () => {
      const left = limit - [...field.value.trim()].length;
      const pattern = left < 0 ? words.over : left < 200 ? words.left : "";
      note.textContent = pattern.replace("{n}", Math.abs(left));
      note.classList.toggle("over-limit", left < 0);
    };
    field.addEventListener("input", count);
    count();
  });
  document.querySelectorAll("form").forEach((form) => form.addEventListener("submit", (event) => {
    const busy = event.submitter?.dataset.busy;
    if (busy) event.submitter.textContent = busy;
    setTimeout(() => form.querySelectorAll("button").forEach((button) => { button.disabled = true; }));
  }));
  document.querySelectorAll(".draft-links a").forEach((link) => link.addEventListener("click", () => {
    document.querySelector(link.hash).open = true;
  }));
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) document.querySelectorAll("button").forEach((button) => { button.disabled = false; });
  });
})();
