from datetime import date
from pathlib import Path

from knowledge import laws
from knowledge.content import load_statutes
from knowledge.law_texts import (
    UNDATED,
    article_history,
    day_of,
    in_force,
    in_force_from,
    newest_first,
    superseded,
    versions_of_laws,
)
from knowledge.statutes import Statute
from storage.database import Database
from tests.knowledge.law_kit import NEW, OLD, write_laws

LAW = Statute("劳动合同法", "中华人民共和国劳动合同法", date(2027, 7, 1))
TWO = ["2027-03-01", "2012-12-28"]


def test_a_version_holds_from_the_day_the_catalogue_tells_and_not_from_its_promulgation() -> None:
    assert in_force_from("2027-03-01", TWO, LAW) == date(2027, 7, 1)
    assert in_force(TWO, LAW, date(2027, 6, 30)) == "2012-12-28"
    assert in_force(TWO, LAW, date(2027, 7, 1)) == "2027-03-01"


def test_without_a_catalogue_a_version_holds_from_its_own_date() -> None:
    assert in_force(TWO, None, date(2027, 3, 1)) == "2027-03-01"
    assert in_force(TWO, None, date(2000, 1, 1)) == "2012-12-28"  # better the oldest than nothing
    assert in_force([], None, date(2027, 3, 1)) is None


def test_a_text_without_a_date_is_older_than_any_dated_one() -> None:
    assert newest_first([UNDATED, "2001-01-01"]) == ["2001-01-01", UNDATED]
    assert day_of(UNDATED) is None


def test_a_text_that_is_years_older_than_what_is_in_force_is_known_as_old() -> None:
    assert superseded("2019-03-24", Statute("条例", "条例", date(2026, 9, 20)))
    assert not superseded("2025-12-27", Statute("条例", "条例", date(2026, 5, 1)))
    assert not superseded(UNDATED, Statute("条例", "条例", date(2026, 5, 1)))


async def test_versions_stand_beside_each_other(database: Database, tmp_path: Path, folder: Path) -> None:
    statutes = load_statutes(folder)
    async with database.write() as session:
        for number, text in enumerate((NEW, OLD)):
            await laws.import_folder(session, write_laws(tmp_path / str(number), 劳动合同法=text), statutes)
        assert (await versions_of_laws(session))["劳动合同法"] == TWO
        history = await article_history(session, "劳动合同法", 30)
        assert [one.version for one in history] == TWO
        assert "每月" in history[0].text
        assert (await laws.article_text(session, "劳动合同法", 30) or "").endswith("每月足额支付劳动报酬。")
