"""Limits that others set. The unit is in the name; the source stands above each group."""

# https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
TELEGRAM_MESSAGES_PER_SECOND = 30
TELEGRAM_SECONDS_BETWEEN_MESSAGES_PER_PRIVATE_CHAT = 1.0
TELEGRAM_MESSAGES_PER_MINUTE_PER_GROUP = 20

# https://core.telegram.org/bots/api#getting-updates
TELEGRAM_UPDATES_KEPT_HOURS = 24
TELEGRAM_UPDATES_PER_POLL = 100
TELEGRAM_POLL_SECONDS = 50
# https://core.telegram.org/bots/api#update: after a week without updates the next id is random
TELEGRAM_UPDATE_ID_SEQUENTIAL_DAYS = 7

# https://core.telegram.org/bots/api#setwebhook
TELEGRAM_SECRET_TOKEN_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the name of a header
TELEGRAM_WEBHOOK_CONNECTIONS = 40

# https://core.telegram.org/bots/api#sendmessage, #senddocument, #inlinekeyboardbutton
TELEGRAM_TEXT_CHARACTERS = 4096
TELEGRAM_CAPTION_CHARACTERS = 1024
TELEGRAM_CALLBACK_DATA_BYTES = 64

# https://core.telegram.org/bots/api#getfile, #sending-files
TELEGRAM_DOWNLOAD_BYTES = 20 * 1024 * 1024
TELEGRAM_UPLOAD_BYTES = 50 * 1024 * 1024
TELEGRAM_PHOTO_UPLOAD_BYTES = 10 * 1024 * 1024

# https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Passive_user_reply_message.html
WECHAT_PASSIVE_REPLY_SECONDS = 5
WECHAT_PASSIVE_REPLY_TRIES = 3

# https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Service_Center_messages.html
WECHAT_SERVICE_MESSAGES_PER_USER_MESSAGE = 5
WECHAT_SERVICE_MESSAGES_WINDOW_HOURS = 48
WECHAT_SERVICE_MESSAGES_AFTER_CLICK = 3
WECHAT_SERVICE_MESSAGES_AFTER_CLICK_WINDOW_MINUTES = 1
WECHAT_WINDOW_CLOSED_CODE = 45015
