"""What the tests of job postings share: a list, and postings in the database."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from storage.database import Database
from storage.models import Account
from tickets.jobs import postings
from tickets.jobs.postings import NewPosting
from tickets.jobs.words import words
from tickets.spreadsheets import to_csv, to_xlsx

HEADINGS = [words().column(name) for name in words().columns]
GOOD: dict[str, Any] = {
    "编号": "A1", "岗位": "小区保安", "工种": "保安物业", "单位": "恒泰物业公司", "地区": "官渡区", "工资下限": "3.5千", "工资上限": "4500",
    "工资单位": "月", "人数": "3人", "包住": "是", "包吃": "否", "社保": "", "年龄下限": 18, "年龄上限": "55岁", "说明": "白班夜班轮换",
    "联系方式": "0871-12345678", "开始日期": "2026-11-01", "截止日期": "2027年1月31日",
}  # fmt: skip


def rows(*changes: dict[str, Any]) -> list[list[Any]]:
    """Rows under HEADINGS: the good one with changes; each has its own number."""
    return [
        [({**GOOD, "编号": f"A{number}"} | change).get(heading) for heading in HEADINGS]
        for number, change in enumerate(changes, 1)
    ]


def sheet(*changes: dict[str, Any], kind: str = "csv", headings: Sequence[str] = HEADINGS) -> bytes:
    """The same as a file."""
    body = rows(*changes)
    return to_csv(headings, body) if kind == "csv" else to_xlsx("岗位", headings, body)


def posting(reference: str = "A1", **changes: Any) -> NewPosting:
    values: dict[str, Any] = {
        "reference": reference, "title": "小区保安", "trade": "security", "employer": "恒泰物业公司", "region": "云南省昆明市官渡区",
        "wage_from": 4000, "contact": "0871-12345678",
    }  # fmt: skip
    return NewPosting(**(values | changes))


async def publish(database: Database, account: Account, now: datetime, *given: NewPosting) -> None:
    async with database.write() as session:
        await postings.save(session, account, given, now)
