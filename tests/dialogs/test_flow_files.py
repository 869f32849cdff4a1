"""Flow files: the shipped ones are complete, a wrong one is refused with file and line."""

from pathlib import Path

import pytest

from dialogs import quantities
from dialogs.flow import FlowError, holds, load_flow, load_flows
from nlu.entities import SLOTS
from nlu.understanding import INTENTS

FLOWS = Path("dialogs/flows")
GOOD = """\
flow: demo_flow
title: 试
intents: [job_seek]
offer_label: 试一下
begin: 好
category: job_seek
ticket_title: 试
steps:
  - slot: region
    type: region
    label: 地点
    ask: 在哪里？
done: 好
"""


def test_shipped_flows_have_intents_examples_and_known_slots() -> None:
    flows = load_flows(FLOWS)
    assert {"wage_arrears", "relief_apply", "legal_aid_apply", "job_seek"} <= set(flows)
    for flow in flows.values():
        assert set(flow.intents) <= set(INTENTS)
        assert len(flow.examples) >= 3
        for step in flow.slots.values():
            assert step.type in SLOTS | {"text", "choice", "choices", "files", *quantities.READERS}


def test_good_file_loads(tmp_path: Path) -> None:
    file = tmp_path / "good.yaml"
    file.write_text(GOOD, encoding="utf-8")
    assert list(load_flow(file).slots) == ["region"]


@pytest.mark.parametrize(
    ("old", "new", "line", "told"),
    [
        ("    type: region", "    type: place", 10, "steps.0.type"),
        ("    ask: 在哪里？", "    aks: 在哪里？", 12, "aks"),
        ("title: 试", "title: [", 4, ""),
        ("  - slot: region", "  - slot: Region!", 9, "steps.0.slot"),
        ("    type: region", "    type: choice", 9, "needs options"),
        ("    label: 地点", "    label: 地点\n    when: [{place: 1}]", 1, "unknown slot"),
    ],
)
def test_wrong_file_is_refused_with_line(tmp_path: Path, old: str, new: str, line: int, told: str) -> None:
    file = tmp_path / "wrong.yaml"
    file.write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(FlowError) as refused:
        load_flow(file)
    assert f"wrong.yaml:{line}:" in str(refused.value)
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("condition", "values", "expected"),
    [
        ({"people_count": {"min": 10}}, {"people_count": "10+"}, True),
        ({"people_count": {"min": 10}}, {"people_count": 9}, False),
        ({"people_count": {"min": 10}}, {"people_count": 10}, True),
        ({"amount_yuan": {"present": False}}, {}, True),
        ({"amount_yuan": {"present": False}}, {"amount_yuan": 1}, False),
        ({"stage": "none", "deadline": {"in": ["soon"]}}, {"stage": "none", "deadline": "soon"}, True),
        ({"stage": "none", "deadline": {"in": ["soon"]}}, {"stage": "none"}, False),
    ],
)
def test_conditions(condition: dict[str, object], values: dict[str, object], expected: bool) -> None:
    assert holds(condition, values) is expected
