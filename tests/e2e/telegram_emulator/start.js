// Starts telegram-test-api on a free port and prints the port; ends when standard input ends.
//
// Four of its answers are put right, because python-telegram-bot 22 and the real Bot API differ from them:
//   1. getMe says is_bot
//   2. the date of a sent message is in seconds
//   3. a callback query has chat_instance
//   4. calls that answered null answer what Telegram does: true, or for an edit the message or its refusal
"use strict";

const net = require("net");
const TelegramServer = require("telegram-test-api");
const { routes } = require("telegram-test-api/lib/routes");

const same = (a, b) => JSON.stringify(a || null) === JSON.stringify(b || null);
const refuse = (res, code, description) =>
  res.status(code).json({ ok: false, error_code: code, description: `Bad Request: ${description}` });

function edit(server, req, res) {
  const given = TelegramServer.normalizeMessage({ ...req.body });
  const chat = String(given.chat_id);
  const found = server.storage.botMessages.find(
    (one) => String(one.messageId) === String(given.message_id) && String(one.message.chat_id) === chat
  );
  const theirs = server.storage.userMessages.find(
    (one) => String(one.messageId) === String(given.message_id) && one.message && String(one.message.chat.id) === chat
  );
  if (!found) return refuse(res, 400, theirs ? "message can't be edited" : "message to edit not found");
  if (found.message.text === given.text && same(found.message.reply_markup, given.reply_markup)) {
    return refuse(res, 400, "message is not modified");
  }
  server.editMessageText(req.body);
  const result = { message_id: found.messageId, text: given.text, date: Math.floor(Date.now() / 1000) };
  return res.json({ ok: true, result: { ...result, chat: { id: Number(chat), type: "private" } } });
}

function answersPutRight(app, server) {
  const bot = { id: 666, is_bot: true, first_name: "Test", username: "TestNameBot" };
  app.all("/bot:token/getMe", (_req, res) => res.json({ ok: true, result: bot }));
  app.all("/bot:token/editMessageText", (req, res) => edit(server, req, res));
  app.all(["/bot:token/answerCallbackQuery", "/bot:token/setMyCommands"], (_req, res) =>
    res.json({ ok: true, result: true })
  );
  app.all("/bot:token/setWebhook", (req, res) => {
    server.setWebhook(req.body, req.params.token);
    res.json({ ok: true, result: true });
  });
}

const addBotMessage = TelegramServer.prototype.addBotMessage;
TelegramServer.prototype.addBotMessage = function (...given) {
  const message = addBotMessage.apply(this, given);
  return { ...message, date: Math.floor(message.date / 1000) };
};
const formatUpdate = TelegramServer.formatUpdate;
TelegramServer.formatUpdate = (update) => {
  const formatted = formatUpdate(update);
  if (formatted.callback_query) formatted.callback_query.chat_instance = "1";
  return formatted;
};

routes.unshift(answersPutRight);

const probe = net.createServer();
probe.listen(0, "127.0.0.1", () => {
  const { port } = probe.address();
  probe.close(async () => {
    await new TelegramServer({ host: "127.0.0.1", port, storeTimeout: 600 }).start();
    console.log(port);
  });
});
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
