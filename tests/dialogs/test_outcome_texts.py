"""The words of outcomes: every service's text names what it must, and nothing that nobody fills."""

import re
from pathlib import Path

import pytest

from bot import services_doc
from bot.config import SeasonSettings
from bot.worker_matters import outcome_texts
from dialogs.flow import load_flows
from tickets.catalogue import catalogue
from tickets.outcome_texts import PLACEHOLDERS, fill

FLOWS = {flow.flow: flow for flow in load_flows(Path("dialogs/flows")).values() if flow.kind == "service"}
TEXTS = [
    pytest.param(flow, kind, text, id=f"{name}-{kind}")
    for name, flow in FLOWS.items()
    for kind, text in flow.outcomes.model_dump().items()
    if text
]
MUST = {"not_accepted": {"reason"}, "returned": {"what", "until"}, "decided": {"result"}, "paid": {"amount"}}
VALUES = {
    "number": "KM20261124-0001", "name": "张敏", "close_due": "12月1日(周二)18:00前", "until": "11月27日(周五)18:00前",
    "what": "· 身份证：看不清。", "reason": "不在本区。", "result": "同意。", "amount": "3,000元",
}  # fmt: skip


@pytest.mark.parametrize(("flow", "kind", "text"), TEXTS)
def test_the_places_of_a_text_are_filled(flow, kind, text) -> None:
    named = set(re.findall(r"\{(\w*)\}", text))
    assert named <= PLACEHOLDERS[kind], f"{flow.flow}: {named - PLACEHOLDERS[kind]} is not filled"
    told = fill(text, VALUES)
    for wrong in ("{", "}", "。。", "前前", "元元", "。；", "。，"):
        assert wrong not in told, told
    if flow.flow != "union_rating" or kind != "accepted":
        assert MUST.get(kind, set()) <= named, f"{flow.flow}: {kind} does not name {MUST[kind] - named}"


def test_a_category_has_one_service() -> None:
    """Texts of outcomes and hints of papers are found by the ticket's category."""
    categories = [flow.category for flow in FLOWS.values()]
    assert sorted(categories) == sorted(set(categories))
    assert set(outcome_texts(FLOWS).by_category) == set(categories)
    assert set(categories) <= set(catalogue().categories)


def test_every_season_is_configured_and_named() -> None:
    for flow in FLOWS.values():
        if flow.season is not None:
            assert flow.season in SeasonSettings.model_fields
            assert flow.season == flow.flow, "the reminder's button begins the service of this name"
            assert catalogue().season(flow.season) != flow.season
            assert "{opens}" in (flow.off_season or "")


def test_buttons_of_papers_fit_into_a_payload() -> None:
    number = "KM20261124-0001"
    for flow in FLOWS.values():
        for paper in flow.papers:
            assert len(f"p:{number}:{paper.key}:cannot".encode()) <= 64, (flow.flow, paper.key)


def test_the_page_of_services_is_up_to_date() -> None:
    assert not services_doc.stale(), "run: python -m bot services-doc"


def test_a_stale_page_is_noticed(tmp_path: Path) -> None:
    file = tmp_path / "services.md"
    assert services_doc.stale(file)
    file.write_text(services_doc.shipped(), encoding="utf-8")
    assert not services_doc.stale(file)
    file.write_text(services_doc.shipped().replace("服务一览", "服务"), encoding="utf-8")
    assert services_doc.stale(file)


def test_the_page_has_a_row_for_each_service() -> None:
    text = services_doc.shipped()
    for flow in FLOWS.values():
        assert f"(#{flow.flow})" in text
        assert f'<a id="{flow.flow}"></a>' in text
