"use strict";
// Shared by queue and ticket page: an event stream that ends calmly when the session does.
function listen(address, onNews) {
  const stream = new EventSource(address);
  stream.addEventListener("message", (event) => onNews(JSON.parse(event.data)));
  const leave = () => { stream.close(); location.reload(); };
  stream.addEventListener("signed-out", leave);
  stream.addEventListener("gone", leave);
  window.addEventListener("pagehide", () => stream.close());
  return stream;
}
