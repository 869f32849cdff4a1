"""The figures, on a handful of lines that can be counted by hand."""

from pathlib import Path

import pytest

from nlu.evaluation import Line, LinesError, figures, read_lines
from nlu.understanding import Ranked, Understanding


def said(*intents: str) -> Understanding:
    ranking = tuple(Ranked(intent, 0.5 / place) for place, intent in enumerate(intents, start=1))
    return Understanding(intents[0], 0.5, ranking, {}, None, "model", unsure=False)


LINES = [
    Line("a", "leave"),
    Line("b", "leave"),
    Line("c", "probation", frozenset({"dismissal"})),
    Line("d", "dismissal"),
]
ANSWERS = [
    said("leave", "probation"),
    said("probation", "dismissal", "leave"),
    said("dismissal", "leave"),
    said("leave", "greet", "help", "dismissal"),
]


def test_accuracy_counts_an_accepted_second_label_and_top3_looks_at_three() -> None:
    result = figures(LINES, ANSWERS)
    assert (result["n"], result["accuracy"], result["accuracy_first_label"]) == (4, 0.5, 0.25)
    assert result["top3"] == 0.75


def test_per_intent_figures_and_confusions() -> None:
    result = figures(LINES, ANSWERS)
    assert result["per_intent"]["leave"] == {"precision": 0.5, "recall": 0.5, "f1": 0.5, "support": 2}
    assert {"intent": "leave", "predicted": "probation", "n": 1} in result["confusions"]
    assert all(pair["intent"] != "probation" for pair in result["confusions"])


def test_no_lines_give_zeros_not_an_error() -> None:
    assert figures([], [])["accuracy"] == 0.0


def test_also_may_be_a_list_a_name_or_absent(tmp_path: Path) -> None:
    file = tmp_path / "lines.jsonl"
    file.write_text(
        '{"text":"a","intent":"x","also":["y"]}\n\n{"text":"b","intent":"x","also":"z"}\n{"text":"c","intent":"x"}'
    )
    assert [line.also for line in read_lines(file)] == [{"y"}, {"z"}, frozenset()]


def test_a_broken_line_is_named_by_number_without_its_text(tmp_path: Path) -> None:
    file = tmp_path / "lines.jsonl"
    file.write_text('{"text":"a","intent":"x"}\n{"text":"secret"}\n')
    with pytest.raises(LinesError, match=r"lines\.jsonl:2") as raised:
        read_lines(file)
    assert "secret" not in str(raised.value)


def test_out_of_scope_is_measured_on_both_sides() -> None:
    lines = [
        Line("a", "out_of_scope"),
        Line("b", "out_of_scope"),
        Line("c", "leave"),
        Line("d", "leave"),
        Line("e", "leave", frozenset({"out_of_scope"})),
    ]
    answers = [
        said("out_of_scope"),
        said("chitchat"),
        said("out_of_scope"),
        said("leave"),
        said("out_of_scope"),
    ]
    assert figures(lines, answers)["out_of_scope"] == {"recall": 0.5, "in_scope_refused": 0.5}


def test_macro_f1_of_frequent_intents_leaves_out_what_has_fewer_than_five_lines() -> None:
    lines = [*(Line(str(n), "leave") for n in range(5)), *(Line(str(n), "probation") for n in range(4))]
    result = figures(lines, [said("leave")] * 9)
    assert result["macro_f1_five_or_more"] == result["per_intent"]["leave"]["f1"]
    assert result["macro_f1"] == round(result["per_intent"]["leave"]["f1"] / 2, 4)
