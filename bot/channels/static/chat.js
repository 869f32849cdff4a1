/* The chat page with JavaScript: sends without reloading, keeps what could not be sent, shows new messages.
   Without this file the page still works: every button is a submit button of one plain form. */
(function () {
  "use strict";
  const data = document.body.dataset;
  if ("past" in data) return; // old messages: the plain form does
  const T = JSON.parse(data.texts), AUTHORS = JSON.parse(data.authors), KINDS = JSON.parse(data.kinds);
  const find = (id) => document.getElementById(id);
  const root = document.documentElement, log = find("log"), form = find("form"), write = find("write");
  const file = find("file"), bottom = find("bottom"), offline = find("offline"), notice = find("notice");
  const STORE = "niangjia";
  const TIMEOUT = 30000, UPLOAD_TIMEOUT = 300000, LONGEST_WAIT = 30000, PHOTO_SIDE = 2400;
  const queue = []; // what is not yet confirmed by the server, oldest first
  let busy = false, tries = 0, timer = 0, source = null, wait = 1000, last = 0, thinking = null, jump = null;

  root.classList.add("js");

  function element(tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  // ---- what is kept on the phone: the half-written text and what could not be sent
  function keep() {
    const pending = queue.filter((item) => !item.file).map((item) => ({ id: item.id, text: item.text, payload: item.payload, label: item.label }));
    try {
      if (pending.length || write.value) localStorage.setItem(STORE, JSON.stringify({ draft: write.value, pending }));
      else localStorage.removeItem(STORE);
    } catch (error) { /* private mode: nothing can be kept, everything else works */ }
  }
  function kept() {
    try { return JSON.parse(localStorage.getItem(STORE)) || {}; } catch (error) { return {}; }
  }

  // ---- showing messages
  function words(parts) {
    const text = element("div", "text");
    parts.forEach((part) => {
      if (part[0] === "text") { text.append(part[1]); return; }
      const link = element("a", "", part[1]);
      link.href = part[0] === "tel" ? "tel:" + part[1].trim().replace(/-/g, "") : part[part.length - 1];
      if (part[0] === "url") link.rel = "noopener noreferrer nofollow";
      if (part[0] === "law") { link.target = "_blank"; link.rel = "noopener"; } // the article itself
      text.append(link);
    });
    return text;
  }
  function attachment(shown) {
    const link = element("a", "file");
    link.href = shown.url; link.target = "_blank"; link.rel = "noopener";
    if (shown.image) {
      const image = element("img");
      image.src = shown.url + "?small"; image.alt = KINDS.image + " " + shown.filename;
      link.append(image);
    } else link.textContent = KINDS.document + " " + shown.filename;
    return link;
  }
  function render(message) {
    const made = element("article", "message " + message.author);
    if (message.id) made.dataset.id = message.id;
    if (message.key) made.dataset.key = message.key;
    const by = element("p", "by"), time = element("time", "", message.time || "");
    by.append(element("span", message.author === "cadre" ? "who" : "visually-hidden", AUTHORS[message.author]), " ", time);
    made.append(by);
    if (message.text) made.append(words(message.parts || [["text", message.text]]));
    (message.attachments || []).forEach((shown) => made.append(attachment(shown)));
    if ((message.buttons || []).length) {
      const quick = element("div", "quick");
      message.buttons.forEach((button) => {
        const pressed = element("button", "button", button.label);
        pressed.name = "payload"; pressed.value = button.payload; pressed.setAttribute("form", "form");
        quick.append(pressed);
      });
      made.append(quick);
    }
    return made;
  }
  function show(message) {
    if (message.id && log.querySelector('[data-id="' + message.id + '"]')) return;
    if (message.key && log.querySelector('[data-key="' + message.key + '"]')) return;
    last = Math.max(last, message.id || 0);
    const near = atEnd(), made = render(Object.assign({ author: "bot" }, message));
    log.append(made);
    if (thinking) log.append(thinking);
    if (near) reveal(made); else offerJump();
  }
  function atEnd() { return window.innerHeight + window.scrollY > root.scrollHeight - 160; }
  function reveal(made) {
    const tall = made.offsetHeight > window.innerHeight - 260; // a long answer is read from its beginning
    made.scrollIntoView({ block: tall ? "start" : "end" });
  }
  function offerJump() {
    if (jump) return;
    jump = element("button", "button", T.new_message);
    jump.id = "jump"; jump.type = "button";
    jump.onclick = () => reveal(log.lastElementChild);
    bottom.append(jump);
  }
  function think(on) {
    if (on && !thinking) {
      thinking = element("article", "message bot thinking");
      thinking.setAttribute("aria-hidden", "true");
      thinking.append(element("div", "text", T.thinking));
      const near = atEnd();
      log.append(thinking);
      if (near) reveal(thinking);
    } else if (!on && thinking) { thinking.remove(); thinking = null; }
  }

  // ---- sending: one after the other, each under its own id until the server has it
  function newId() {
    const bytes = crypto.getRandomValues(new Uint8Array(12));
    return Array.prototype.map.call(bytes, (byte) => ("0" + byte.toString(16)).slice(-2)).join("");
  }
  function say(item) {
    item.id = item.id || newId();
    item.bubble = render({ author: "worker", key: item.id, text: item.label || item.text });
    item.state = item.bubble.appendChild(element("p", "state"));
    log.append(item.bubble);
    queue.push(item);
    keep();
    reveal(item.bubble);
    pump();
  }
  function state(item, text, bad) {
    item.state.textContent = text;
    item.state.className = bad ? "state bad" : "state";
    fit();
  }
  function pump() {
    if (busy || !queue.length) return;
    clearTimeout(timer);
    const item = queue[0];
    busy = true;
    state(item, item.file ? T.uploading : T.sending, false);
    const slow = setTimeout(() => think(!item.file), 500);
    post(item, (status, answer, after) => {
      clearTimeout(slow);
      think(false);
      busy = false;
      if (status === 200) confirmed(item, answer);
      else if (status === 0 || status === 429 || status >= 500) later(item, status, answer, after);
      else refused(item, status, answer);
    });
  }
  function confirmed(item, answer) {
    tries = 0;
    queue.shift();
    keep();
    offline.hidden = true;
    if (answer.message) {
      last = Math.max(last, answer.message.id);
      item.bubble.replaceWith(render(answer.message));
    } else item.state.remove();
    (answer.replies || []).forEach(show);
    listen();
    pump();
  }
  function later(item, status, answer, after) {
    tries += 1;
    const delay = after || Math.min(LONGEST_WAIT, 1000 * Math.pow(2, tries));
    state(item, (answer && answer.error && answer.error.message) || T.failed, true);
    const again = element("button", "button", T.retry);
    again.type = "button";
    again.onclick = pump;
    item.state.append(" ", again);
    if (status === 0) offline.hidden = false;
    timer = setTimeout(pump, delay);
    fit();
    reveal(item.bubble);
  }
  function refused(item, status, answer) {
    queue.shift();
    keep();
    state(item, (answer && answer.error && answer.error.message) || T.refused, true);
    if (status === 403) {
      const reload = element("a", "button", T.reload);
      reload.href = "/";
      item.state.append(" ", reload);
    }
    if (item.text && !item.payload && !write.value) { write.value = item.text; grow(); keep(); } // nothing is typed twice
    pump();
  }
  function post(item, done) {
    const request = new XMLHttpRequest();
    let body;
    request.open("POST", item.file ? "/api/chat/attachments" : "/api/chat/messages");
    request.timeout = item.file ? UPLOAD_TIMEOUT : TIMEOUT;
    if (item.file) {
      body = new FormData();
      body.append("session", data.session);
      body.append("id", item.id);
      body.append("file", item.file, item.name);
      request.upload.onprogress = (event) => {
        if (event.lengthComputable) item.state.textContent = T.uploading + " " + Math.round(100 * event.loaded / event.total) + "%";
      };
    } else {
      const said = { session: data.session, id: item.id };
      if (item.payload) said.payload = item.payload; else said.text = item.text;
      body = JSON.stringify(said);
      request.setRequestHeader("Content-Type", "application/json");
    }
    request.onload = () => {
      let answer = null;
      try { answer = JSON.parse(request.responseText); } catch (error) { /* a proxy's page, not ours */ }
      const after = 1000 * Number(request.getResponseHeader("Retry-After") || 0);
      done(request.status === 200 && !answer ? 502 : request.status, answer, after);
    };
    request.onerror = request.ontimeout = () => done(0, null, 0);
    request.send(body);
  }

  // ---- photos: made smaller on the phone, for slow lines
  function smaller(photo) {
    if (!/^image\/(jpeg|png|webp)$/.test(photo.type) || photo.size < 600000 || !window.createImageBitmap) return Promise.resolve(photo);
    return createImageBitmap(photo, { imageOrientation: "from-image" }).then((bitmap) => {
      const scale = Math.min(1, PHOTO_SIDE / Math.max(bitmap.width, bitmap.height));
      const canvas = element("canvas");
      canvas.width = Math.round(bitmap.width * scale); canvas.height = Math.round(bitmap.height * scale);
      const brush = canvas.getContext("2d");
      brush.fillStyle = "#fff"; brush.fillRect(0, 0, canvas.width, canvas.height);
      brush.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
      return new Promise((done) => canvas.toBlob((blob) => done(blob && blob.size < photo.size ? blob : photo), "image/jpeg", 0.85));
    }).catch(() => photo); // too large for this phone's memory: the server will do it
  }
  file.addEventListener("change", () => {
    const chosen = file.files[0];
    if (!chosen) return;
    smaller(chosen).then((sent) => {
      const fits = sent.size <= Number(data.megabytes) * 1024 * 1024;
      if (fits) say({ file: sent, name: chosen.name, label: chosen.name });
      else { notice.textContent = T.too_large; notice.hidden = false; fit(); }
      file.value = "";
    });
  });

  // ---- buttons and the form
  document.addEventListener("click", (event) => {
    const button = event.target.closest && event.target.closest('button[name="payload"]');
    if (!button) return;
    event.preventDefault();
    if (queue.some((item) => item.payload === button.value)) return; // a double tap is one tap
    const label = button.querySelector("b");
    say({ payload: button.value, label: (label || button).textContent });
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = write.value;
    if (!text.trim()) { write.focus(); return; }
    write.value = "";
    notice.hidden = true;
    grow();
    say({ text: text });
  });
  write.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    find("send").click();
  });
  write.addEventListener("input", () => { grow(); keep(); });
  find("leave").addEventListener("submit", (event) => {
    if (!window.confirm(T.leave_question)) { event.preventDefault(); return; }
    try { localStorage.removeItem(STORE); } catch (error) { /* nothing was kept */ }
  });
  function grow() {
    write.style.height = "auto";
    write.style.height = Math.min(write.scrollHeight + 2, window.innerHeight * 0.3) + "px";
    fit();
  }
  function fit() { // what is scrolled into view must not end under the fixed parts
    root.style.scrollPaddingBottom = bottom.offsetHeight + 12 + "px";
    root.style.scrollPaddingTop = document.querySelector(".top").offsetHeight + 12 + "px";
  }

  // ---- new messages from the union
  function listen() {
    if (source || !window.EventSource) return;
    source = new EventSource("/api/chat/events?last_event_id=" + last);
    source.onopen = () => { wait = 1000; };
    source.onmessage = (event) => show(JSON.parse(event.data));
    source.onerror = () => {
      if (!source || source.readyState !== EventSource.CLOSED) return; // the browser connects again by itself
      source = null;
      setTimeout(listen, wait);
      wait = Math.min(LONGEST_WAIT, wait * 2);
    };
  }
  function catchUp() { // the phone slept, or another page of this person wrote something
    if (!last || busy || queue.length) return;
    const request = new XMLHttpRequest();
    request.open("GET", "/api/chat/history?after=" + last);
    request.onload = () => { if (request.status === 200) JSON.parse(request.responseText).messages.forEach(show); };
    request.send();
  }
  document.addEventListener("visibilitychange", () => { if (!document.hidden) { pump(); catchUp(); if (last) listen(); } });
  window.addEventListener("pageshow", (event) => { if (event.persisted) catchUp(); });
  window.addEventListener("online", () => { offline.hidden = true; fit(); pump(); catchUp(); });
  window.addEventListener("offline", () => { offline.hidden = false; fit(); });
  window.addEventListener("resize", fit);
  window.addEventListener("scroll", () => { if (jump && atEnd()) { jump.remove(); jump = null; } }, { passive: true });

  // ---- begin: take up what was left
  log.querySelectorAll("[data-id]").forEach((made) => { last = Math.max(last, Number(made.dataset.id)); });
  const left = kept();
  if (left.draft) write.value = left.draft;
  grow();
  if (log.lastElementChild) reveal(log.lastElementChild);
  (left.pending || []).forEach((item) => {
    if (!log.querySelector('[data-key="' + item.id + '"]')) say(item);
  });
  keep();
  offline.hidden = navigator.onLine !== false;
  if (last) listen();
})();
