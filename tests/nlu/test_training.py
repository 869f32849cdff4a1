"""When a model is trained again: exactly when something it depends on changed."""

import shutil
from pathlib import Path

import pytest

from nlu import training
from nlu.training import PRODUCTION, Pipeline, TrainingError, ensure_model, fingerprint, rasa_environment

SENTENCES = 'version: "3.1"\nnlu:\n- intent: greet\n  examples: |\n    - 你好\n'


@pytest.fixture
def sentences(tmp_path: Path) -> Path:
    file = tmp_path / "greet.yml"
    file.write_text(SENTENCES, encoding="utf-8")
    return file


def test_one_more_sentence_is_another_model(sentences: Path) -> None:
    before = fingerprint(PRODUCTION, (sentences,))
    assert fingerprint(PRODUCTION, (sentences,)) == before
    sentences.write_text(SENTENCES + "    - 您好\n", encoding="utf-8")
    assert fingerprint(PRODUCTION, (sentences,)) != before


def test_another_configuration_is_another_model(sentences: Path, tmp_path: Path) -> None:
    changed = tmp_path / "config.yml"
    shutil.copyfile(PRODUCTION.config, changed)
    changed.write_text(changed.read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")
    other = Pipeline(PRODUCTION.name, changed, own_components=True)
    assert fingerprint(other, (sentences,)) != fingerprint(PRODUCTION, (sentences,))


def test_an_existing_model_is_used_and_force_trains(
    sentences: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained: list[Path] = []

    def train(_: Pipeline, scratch: Path, files: tuple[Path, ...]) -> Path:
        trained.extend(files)
        (scratch / "model.tar.gz").write_bytes(b"model")
        return scratch / "model.tar.gz"

    monkeypatch.setattr(training, "_train", train)
    first = ensure_model(PRODUCTION, tmp_path, training_files=(sentences,))
    assert ensure_model(PRODUCTION, tmp_path, training_files=(sentences,)) == first
    assert trained == [sentences]
    ensure_model(PRODUCTION, tmp_path, training_files=(sentences,), force=True)
    assert trained == [sentences, sentences]
    assert [file.name for file in first.parent.iterdir()] == [first.name]


@pytest.mark.rasa
def test_a_failed_training_leaves_no_model_behind(sentences: Path, tmp_path: Path) -> None:
    broken = tmp_path / "config.yml"
    broken.write_text("recipe: default.v1\nlanguage: zh\npipeline:\n- name: components.absent.Absent\n")
    pipeline = Pipeline("broken", broken)
    with pytest.raises(TrainingError):
        ensure_model(pipeline, tmp_path, training_files=(sentences,))
    assert list((tmp_path / "models").iterdir()) == []


def test_no_telemetry_and_no_message_text_in_logs() -> None:
    environment = rasa_environment()
    assert environment["RASA_TELEMETRY_ENABLED"] == "false"
    assert environment["LOG_LEVEL"] == "WARNING"
