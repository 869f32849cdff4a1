/* A calculator's form with JavaScript: questions appear when they apply, rows of cells instead of lines of text.
   Without this file the server does both: it asks what is missing, and reads lines. */
(function () {
  "use strict";
  const form = document.getElementById("form");
  document.documentElement.classList.add("js");

  // ---- questions that depend on earlier ones
  function said(name) {
    const chosen = [...form.querySelectorAll("[name='" + name + "']:enabled")];
    const one = chosen.find((input) => input.type !== "radio" || input.checked);
    return one ? one.value : "";
  }
  function ask() { // in the order of the page: a hidden question has no answer for those that depend on it
    form.querySelectorAll("[data-when]").forEach((part) => {
      const when = JSON.parse(part.dataset.when);
      const asked = Object.keys(when).every((name) => when[name].includes(said(name)));
      part.hidden = part.disabled = !asked;
    });
  }
  form.addEventListener("change", ask);
  window.addEventListener("pageshow", ask); // the browser may have put back what was chosen
  ask();

  // ---- rows
  form.querySelectorAll(".rows").forEach((part) => {
    const lines = part.querySelector("textarea"), table = part.querySelector(".table");
    const cells = part.querySelector(".cells"), template = part.querySelector("template");
    const title = template.content.querySelector("legend").textContent;

    function number() {
      [...cells.children].forEach((row, place) => {
        row.querySelector("legend").textContent = title.replace("#", place + 1);
      });
    }
    function add(values) {
      const row = template.content.cloneNode(true).firstElementChild;
      const inputs = row.querySelectorAll("input");
      inputs.forEach((input, place) => {
        const value = values[place] || "";
        input.value = value;
        if (input.value !== value) { input.type = "text"; input.value = value; } // a month control drops what it can't read
      });
      row.querySelector(".remove").addEventListener("click", () => {
        row.remove();
        if (!cells.children.length) add([]);
        number();
        part.querySelector(".add").focus();
      });
      cells.append(row);
      number();
      return inputs;
    }
    function following() { // the month after the last row's
      const last = cells.lastElementChild && cells.lastElementChild.querySelector("[data-kind=month]");
      const found = last && /^(\d{4})-(\d{2})$/.exec(last.value);
      if (!found) return [];
      const year = Number(found[1]) + (found[2] === "12" ? 1 : 0), month = Number(found[2]) % 12 + 1;
      return [year + "-" + String(month).padStart(2, "0")];
    }

    const sent = JSON.parse(part.dataset.rows);
    const written = lines.value.split("\n").filter((line) => line.trim()).map((line) => line.trim().split(/[\s,，;；、|]+/));
    (sent.length ? sent : written).forEach(add);
    if (!cells.children.length) add([]);
    part.querySelector(".add").addEventListener("click", () => {
      const next = following(), inputs = add(next);
      inputs[next.length].focus();
    });
    lines.disabled = true;
    part.querySelector(".lines").hidden = true;
    table.hidden = false;
  });

  const result = document.getElementById("result");
  if (result.children.length) result.focus({ preventScroll: true });
})();
