"""Reading one update: what each kind becomes, and that nothing unreadable gets through."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.telegram_updates import (
    BadUpdateError,
    Sighting,
    chat_of,
    parse,
    private_address,
    update_id_of,
)

CHAT = {"id": 11, "type": "private", "first_name": "W"}


def message(**content: Any) -> dict[str, Any]:
    return {"message_id": 5, "date": 1_795_000_000, "chat": CHAT, "from": {"id": 11}, **content}


def test_a_text_message() -> None:
    update = parse({"update_id": 9, "message": message(text="你好")})
    assert update.inbound is not None
    assert (update.inbound.key, update.inbound.text, update.inbound.kind) == ("telegram:11:9", "你好", "text")
    assert update.inbound.received_at is not None
    assert update.sighting == Sighting(5, 1_795_000_000)


@pytest.mark.parametrize(
    "command", ["/start", "/start KM12", "/help", "/cancel", "/status", "/human", "/privacy"]
)
def test_commands_are_passed_on_as_text(command: str) -> None:
    inbound = parse({"update_id": 9, "message": message(text=command)}).inbound
    assert inbound is not None
    assert (inbound.kind, inbound.text) == ("text", command)


def test_an_edit_is_named_after_the_message_and_its_date() -> None:
    edited = message(text="改了", edit_date=1_795_000_007)
    inbound = parse({"update_id": 9, "edited_message": edited}).inbound
    assert inbound is not None
    assert inbound.edited
    assert inbound.external_id == "5:e1795000007"


@pytest.mark.parametrize(
    ("content", "kind", "text"),
    [
        ({"photo": [{"file_id": "a"}, {"file_id": "b"}], "caption": "工资条"}, "photo", "工资条"),
        ({"document": {"file_id": "b", "file_name": "合同.pdf"}}, "document", ""),
        ({"video": {"file_id": "b"}}, "document", ""),
        ({"voice": {"file_id": "b"}}, "voice", ""),
        ({"sticker": {"emoji": "👍", "file_id": "b"}}, "sticker", "👍"),
        ({"location": {"latitude": 25.0, "longitude": 102.7}}, "other", ""),
        ({"contact": {"phone_number": "13800138000", "user_id": 11}}, "text", "13800138000"),
        ({"contact": {"phone_number": "13800138000", "user_id": 12}}, "other", ""),
        ({"dice": {"value": 3}}, "other", ""),
    ],
)
def test_kinds(content: dict[str, Any], kind: str, text: str) -> None:
    update = parse({"update_id": 9, "message": message(**content)})
    assert update.inbound is not None
    assert (update.inbound.kind, update.inbound.text) == (kind, text)
    if kind in {"photo", "document", "voice"}:
        assert update.file is not None
        assert update.file.file_id == "b"


def test_the_largest_photo_is_taken() -> None:
    sizes = [{"file_id": "big", "file_size": 900}, {"file_id": "small", "file_size": 10}]
    file = parse({"update_id": 9, "message": message(photo=sizes)}).file
    assert file is not None
    assert file.file_id == "big"


@pytest.mark.parametrize("holder", [{"message": {"message_id": 3, "date": 0, "chat": CHAT}}, {}])
def test_a_pressed_button_however_old(holder: dict[str, Any]) -> None:
    query = {"id": "77", "from": {"id": 11}, "data": "s:1:amount:2", **holder}
    update = parse({"update_id": 9, "callback_query": query})
    assert update.inbound is not None
    assert (update.inbound.address, update.inbound.payload) == ("11", "s:1:amount:2")
    assert update.callback_id == "77"


@pytest.mark.parametrize(
    "raw",
    [
        {"update_id": 9, "message": message(text="x") | {"chat": {"id": -5, "type": "group"}}},
        {"update_id": 9, "channel_post": message(text="x")},
        {"update_id": 9, "my_chat_member": {"chat": CHAT}},
    ],
)
def test_what_is_not_meant_for_us_is_passed_over(raw: dict[str, Any]) -> None:
    assert parse(raw).inbound is None


def test_ids_of_a_supergroup_are_of_another_counter() -> None:
    raw = {"update_id": 9, "message": message(text="x") | {"chat": {"id": -100, "type": "supergroup"}}}
    assert parse(raw).sighting is None


@pytest.mark.parametrize(
    "raw", [None, [], "x", {}, {"update_id": "9"}, {"update_id": 9, "message": {"chat": 1}}]
)
def test_an_unreadable_update_names_fields_and_no_content(raw: Any) -> None:
    with pytest.raises(BadUpdateError):
        parse(raw)


def test_the_reason_never_quotes_the_message() -> None:
    with pytest.raises(BadUpdateError) as caught:
        parse({"update_id": 9, "message": message(text=["我的身份证号530102199001011234"])})
    assert "530102" not in str(caught.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["update_id", "message", "chat", "id", "type", "from", "text", "photo", "callback_query"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_anything_is_either_read_or_refused(raw: Any) -> None:
    chat_of(raw)
    update_id_of(raw)
    private_address(raw)
    try:
        parse(raw)
    except BadUpdateError:
        return
