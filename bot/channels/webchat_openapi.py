"""What the API's OpenAPI description says of bodies that are read by hand (to limit their size first)."""

from typing import Any

from bot.channels.webchat_limits import MESSAGE_ID, PAYLOAD_CHARACTERS, SESSION

_SESSION = {"type": "string", "pattern": f"^{SESSION.pattern}$"}
_ID = {
    "type": "string",
    "pattern": f"^{MESSAGE_ID.pattern}$",
    "description": "same id, same message",
}

MESSAGE_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["id"],
                    "properties": {
                        "session": _SESSION,
                        "id": _ID,
                        "text": {"type": "string"},
                        "payload": {"type": "string", "minLength": 1, "maxLength": PAYLOAD_CHARACTERS},
                        "attachment": {"type": "string", "description": "token of a file sent before"},
                    },
                    "anyOf": [{"required": [name]} for name in ("text", "payload", "attachment")],
                }
            }
        },
    }
}
UPLOAD_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["id", "file"],
                    "properties": {
                        "session": _SESSION,
                        "id": _ID,
                        "text": {"type": "string"},
                        "file": {"type": "string", "format": "binary"},
                    },
                }
            }
        },
    }
}
_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {"error": {"type": "object", "properties": {"message": {"type": "string"}}}},
}
RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"description": what, "content": {"application/json": {"schema": _ERROR}}}
    for status, what in {
        400: "malformed",
        403: "somebody else's conversation",
        404: "no such file",
        413: "too large",
        422: "never sent",
        429: "too many; see Retry-After",
        503: "try again",
    }.items()
}
