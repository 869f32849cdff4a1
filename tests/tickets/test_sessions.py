"""Signing in and out of the console."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from storage.models import AuditEntry, ConsoleSession
from tests.tickets.conftest import GUANDU, PASSWORD, WUHUA, House
from tickets.accounts import (
    change_account,
    change_password,
    create_account,
    link_telegram,
    new_telegram_link,
    reset_password,
    set_active,
    set_leave,
)
from tickets.errors import (
    NotAllowed,
    UnknownRole,
    UnusableUsername,
    UsernameTaken,
    WeakPassword,
    WrongPassword,
)
from tickets.sessions import (
    Refused,
    SignedIn,
    SignInPolicy,
    csrf_matches,
    find_session,
    purge_sessions,
    sign_in,
    sign_out,
    sign_out_everywhere,
)

POLICY = SignInPolicy(session_hours=12, login_attempts=5)


async def _enter(
    house: House,
    username: str = "zhang",
    password: str = PASSWORD,
    address: str = "10.0.0.1",
    minutes: float = 0,
) -> SignedIn | Refused:
    moment = house.now + timedelta(minutes=minutes)
    result: SignedIn | Refused = await house.do(sign_in, username, password, address, moment, policy=POLICY)
    return result


async def _signed_in(house: House, username: str = "zhang") -> SignedIn:
    result = await _enter(house, username)
    assert isinstance(result, SignedIn)
    return result


async def test_a_right_password_opens_a_session_that_ends_by_itself(house: House) -> None:
    entered = await _signed_in(house)
    found = await house.do(find_session, entered.token, house.now)
    assert found.account.username == "zhang"
    assert found.csrf == entered.csrf
    assert await house.do(find_session, entered.token, house.now + timedelta(hours=12)) is None
    assert await house.do(find_session, "", house.now) is None
    assert await house.do(find_session, "guess", house.now) is None


async def test_the_database_keeps_only_a_hash_of_the_token(house: House) -> None:
    entered = await _signed_in(house)
    async with house.database.read() as session:
        row = (await session.scalars(select(ConsoleSession))).one()
    assert entered.token not in {row.token_hash, row.csrf}


async def test_username_is_forgiving_about_case_and_blanks(house: House) -> None:
    assert isinstance(await _enter(house, "  Zhang "), SignedIn)


@pytest.mark.parametrize(
    ("username", "password"), [("zhang", "wrong"), ("nobody", PASSWORD), ("", ""), ("zhang", "x" * 9999)]
)
async def test_a_wrong_one_is_refused_without_saying_what_was_wrong(
    house: House, username: str, password: str
) -> None:
    assert await _enter(house, username, password) == Refused("wrong")


async def test_five_wrong_passwords_bring_a_pause_even_for_the_right_one(house: House) -> None:
    for n in range(5):
        assert await _enter(house, password="wrong", address=f"10.0.1.{n}") == Refused("wrong")
    assert await _enter(house, address="10.0.9.9") == Refused("paused")
    assert isinstance(await _enter(house, "li", address="10.0.9.9"), SignedIn)
    assert isinstance(await _enter(house, minutes=15.1), SignedIn)


async def test_one_address_cannot_try_many_usernames(house: House) -> None:
    for n in range(25):
        await _enter(house, f"user{n}", "wrong", "10.6.6.6")
    assert await _enter(house, address="10.6.6.6") == Refused("paused")
    assert isinstance(await _enter(house, address="10.7.7.7"), SignedIn)


async def test_what_was_typed_as_a_username_is_nowhere_in_the_clear(house: House) -> None:
    await _enter(house, "my-secret-password", "x")
    async with house.database.read() as session:
        entries = list(await session.scalars(select(AuditEntry)))
    assert all("my-secret-password" not in f"{entry.subject}{entry.detail}" for entry in entries)


async def test_signing_out_ends_this_session_and_everywhere_ends_all(house: House) -> None:
    one, two, three = [await _signed_in(house) for _ in range(3)]
    await house.do(sign_out, one, house.now)
    assert await house.do(find_session, one.token, house.now) is None
    assert await house.do(find_session, two.token, house.now) is not None
    await house.do(sign_out_everywhere, house.accounts["zhang"], house.now)
    assert await house.do(find_session, three.token, house.now) is None


async def test_a_new_password_ends_all_other_sessions(house: House) -> None:
    here, there = await _signed_in(house), await _signed_in(house)
    async with house.database.write() as session:
        found = await find_session(session, here.token, house.now)
        assert found is not None
        with pytest.raises(WrongPassword):
            await change_password(session, found.account, "wrong", "a new long password", house.now)
        await change_password(
            session, found.account, PASSWORD, "a new long password", house.now, keep=found.token_hash
        )
    assert await house.do(find_session, here.token, house.now) is not None
    assert await house.do(find_session, there.token, house.now) is None
    assert await _enter(house) == Refused("wrong")
    assert isinstance(await _enter(house, password="a new long password"), SignedIn)


async def test_disabling_an_account_or_changing_its_role_ends_its_sessions(house: House) -> None:
    admin = house.accounts["admin"]
    for change in ("disable", "role", "reset"):
        entered = await _signed_in(house)
        async with house.database.write() as session:
            found = await find_session(session, entered.token, house.now)
            assert found is not None
            if change == "disable":
                await set_active(session, admin, found.account, False, house.now)
                await set_active(session, admin, found.account, True, house.now)
            elif change == "role":
                await change_account(
                    session, admin, found.account, house.now, display_name="张敏", role="leader"
                )
            else:
                await reset_password(session, admin, found.account, "another long one", house.now)
        assert await house.do(find_session, entered.token, house.now) is None


async def test_a_disabled_account_cannot_sign_in(house: House) -> None:
    async with house.database.write() as session:
        await set_active(
            session, house.accounts["admin"], await session.merge(house.accounts["zhang"]), False, house.now
        )
    assert await _enter(house) == Refused("wrong")


async def test_a_form_without_the_sessions_token_is_refused(house: House) -> None:
    entered, other = await _signed_in(house), await _signed_in(house)
    assert csrf_matches(entered, entered.csrf)
    for sent in (None, "", other.csrf, "令牌", entered.csrf[:-1]):
        assert not csrf_matches(entered, sent)
    assert not csrf_matches(replace(entered, csrf=""), "")


async def test_old_sessions_are_deleted(house: House) -> None:
    await _signed_in(house)
    await house.do(purge_sessions, house.now + timedelta(hours=12))
    async with house.database.read() as session:
        assert await session.scalar(select(func.count()).select_from(ConsoleSession)) == 0


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"username": "zhang"}, UsernameTaken),
        ({"username": "ZHANG "}, UsernameTaken),
        ({"username": "张敏"}, UnusableUsername),
        ({"username": "x"}, UnusableUsername),
        ({"password": "short"}, WeakPassword),
        ({"password": "1234567890"}, WeakPassword),
        ({"password": "aaaaaaaaaaaa"}, WeakPassword),
        ({"username": "longusername", "password": "LongUsername"}, WeakPassword),
        ({"role": "chief"}, UnknownRole),
        ({"organization_code": "nowhere"}, NotAllowed),
        ({"organization_code": WUHUA}, NotAllowed),
    ],
)
async def test_what_is_no_good_account_is_refused(
    house: House, changes: dict[str, str], error: type[Exception]
) -> None:
    by = await house.person("gdadmin", "administrator", GUANDU)
    values = {"username": "wang", "password": PASSWORD, "role": "cadre", "organization_code": GUANDU}
    with pytest.raises(error):
        await house.do(create_account, **(values | changes), now=house.now, by=by)
    assert (await house.do(create_account, **values, now=house.now, by=by)).organization.code == GUANDU


async def test_leave_and_telegram_link(house: House) -> None:
    async with house.database.write() as session:
        account = await session.merge(house.accounts["zhang"])
        set_leave(session, house.accounts["li"], account, house.now.date(), house.now)
        code = new_telegram_link(account)
    assert await house.do(link_telegram, "", "1") is None
    assert await house.do(link_telegram, "wrong", "1") is None
    assert (await house.do(link_telegram, code, "4242")).telegram_chat_id == "4242"
    assert await house.do(link_telegram, code, "6666") is None
