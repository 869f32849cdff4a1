"use strict";
// Shared by queue and ticket page: an event stream that ends calmly when the session does.
function listen(address, onNews) {
  const stream = new EventSource(address);
  stream.addEventListener("message", (event) => onNews(JSON.parse(event.data)));
  const leave = () => {
    stream.close();
    const typed = [...document.querySelectorAll("textarea")].some((field) => field.value !== field.defaultValue);
    const ended = document.getElementById("ended");
    if (typed && ended) ended.hidden = false; // never take away what is being written
    else location.reload();
  };
  stream.addEventListener("signed-out", leave);
  stream.addEventListener("gone", leave);
  window.addEventListener("pagehide", () => stream.close());
  return stream;
}
