"""The studies of the classifier, on a small set by hand and on the public benchmark where it is at hand."""

import json
from pathlib import Path

import pytest

from nlu.training import TrainingError, run_study
from tests.beside import PUBLIC_BENCHMARK

PUBLISHED = 0.935  # accuracy that a linear model over the same kinds of features reaches


@pytest.mark.rasa
def test_a_benchmark_is_trained_on_one_file_and_measured_on_the_other(tmp_path: Path) -> None:
    train = [
        "打开手电筒\tapp",
        "打开相册\tapp",
        "打开音乐\tapp",
        "明天下雨吗\tweather",
        "今天几度\tweather",
        "后天刮风不\tweather",
    ]
    (tmp_path / "train.tsv").write_text("\n".join(train), encoding="utf-8")
    (tmp_path / "test.tsv").write_text(
        "打开地图\tapp\n周末下雪不\tweather\n打开天气\tweather\n", encoding="utf-8"
    )
    found = json.loads(run_study("public-benchmark", str(tmp_path)))
    assert found["n"] == 3
    assert (
        0.3 < found["accuracy"] < 1
    )  # the last line is labelled against its words: a perfect score would be a leak


@pytest.mark.rasa
def test_a_study_that_cannot_run_says_why(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"train\.tsv"):
        run_study("public-benchmark", str(tmp_path))


@pytest.mark.slow
@pytest.mark.rasa
@pytest.mark.shared
def test_the_public_benchmark_reaches_what_was_published() -> None:
    assert json.loads(run_study("public-benchmark", str(PUBLIC_BENCHMARK)))["accuracy"] >= PUBLISHED
