"""Trains a Rasa pipeline when no stored model fits the data, and says where the model is.

A model's name is the fingerprint of everything it depends on, so "is it up to date" is "does the file exist".
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

NLU = Path(__file__).parent
RASA_PROJECT = NLU / "rasa"
RASA_PYTHON = RASA_PROJECT / ".venv" / "bin" / "python"
DICTIONARY = NLU / "jieba_labour.txt"
DEFAULT_DATA_FOLDER = Path("data")


class TrainingError(RuntimeError):
    """Rasa could not train a model; the message is the end of its log, which holds no worker's text."""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """One trainable pipeline: a name for people, its configuration, and whether it uses our components."""

    name: str
    config: Path
    own_components: bool = False


PRODUCTION = Pipeline("production", RASA_PROJECT / "config.yml", own_components=True)
BASELINE = Pipeline("baseline", RASA_PROJECT / "baseline" / "config.yml")


def rasa_environment() -> dict[str, str]:
    """Environment of every Rasa child: no telemetry, no message text in logs, few threads.

    Telemetry would send crash reports with data to a third party; at DEBUG Rasa logs what people write.
    """
    quiet = {
        "RASA_TELEMETRY_ENABLED": "false",
        "LOG_LEVEL": "WARNING",
        "LOG_LEVEL_LIBRARIES": "ERROR",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_NUM_INTRAOP_THREADS": "1",
        "TF_NUM_INTEROP_THREADS": "1",
        "TF_INTRA_OP_PARALLELISM_THREADS": "1",
        "TF_INTER_OP_PARALLELISM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
        "RASA_MAX_CACHE_SIZE": "0",
        "PYTHONWARNINGS": "ignore",
        "PYTHONUNBUFFERED": "1",
    }
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return {**inherited, **quiet, "PYTHONPATH": str(RASA_PROJECT)}


def fingerprint(pipeline: Pipeline, training_files: tuple[Path, ...] | None = None) -> str:
    """SHA-256 over configuration, components, dictionary, training sentences, domain and lock file."""
    digest = hashlib.sha256(pipeline.name.encode())
    inputs = [pipeline.config, RASA_PROJECT / "domain.yml", RASA_PROJECT / "requirements.lock"]
    if pipeline.own_components:
        inputs += [*sorted((RASA_PROJECT / "components").glob("*.py")), DICTIONARY]
    for path in (*inputs, *(training_files or default_training_files())):
        digest.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def default_training_files() -> tuple[Path, ...]:
    """The hand-written sentences, one file per intent."""
    return tuple(sorted((RASA_PROJECT / "data" / "nlu").glob("*.yml")))


def model_path(
    pipeline: Pipeline,
    data_folder: Path = DEFAULT_DATA_FOLDER,
    training_files: tuple[Path, ...] | None = None,
) -> Path:
    """Where the model that fits the present data is, or will be."""
    return (data_folder / "models" / f"{fingerprint(pipeline, training_files)}.tar.gz").absolute()


def ensure_model(
    pipeline: Pipeline = PRODUCTION,
    data_folder: Path = DEFAULT_DATA_FOLDER,
    *,
    training_files: tuple[Path, ...] | None = None,
    force: bool = False,
) -> Path:
    """The model that fits the present data, trained now if there is none. Raises TrainingError."""
    target = model_path(pipeline, data_folder, training_files)
    if target.exists() and not force:
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        trained = _train(pipeline, Path(scratch), training_files or default_training_files())
        # A rename is atomic: a crash leaves no half-written model under a valid name.
        trained.replace(target)
    return target


def _train(pipeline: Pipeline, scratch: Path, training_files: tuple[Path, ...]) -> Path:
    # Copies: Rasa takes one path for sentences, and rewrites a configuration file that lacks a key.
    config, sentences = scratch / "config.yml", scratch / "nlu"
    config.write_bytes(pipeline.config.read_bytes())
    sentences.mkdir()
    for number, file in enumerate(training_files):
        (sentences / f"{number:03}-{file.name}").write_bytes(file.read_bytes())
    command = [str(RASA_PYTHON), "-m", "rasa", "train", "nlu", "--config", str(config)]
    command += [
        "--domain",
        str(RASA_PROJECT / "domain.yml"),
        "--out",
        str(scratch),
        "--fixed-model-name",
        "model",
    ]
    command += ["--nlu", str(sentences)]
    # Training may use two cores, unlike a server that shares them with everything else.
    threads = {"OMP_NUM_THREADS": "2", "TF_INTRA_OP_PARALLELISM_THREADS": "2"}
    _run(command, {**rasa_environment(), **threads, "RASA_CACHE_DIRECTORY": str(scratch / "cache")})
    return scratch / "model.tar.gz"


class Study(StrEnum):
    """What `rasa/studies.py` can find out from the training sentences."""

    CROSS_VALIDATION = "cross-validation"
    LEARNING_CURVE = "learning-curve"
    FEATURES = "features"


def run_study(name: str, *arguments: str) -> str:
    """Run one study of rasa/studies.py in Rasa's environment; return its JSON. Raises TrainingError."""
    threads = {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"}
    command = [str(RASA_PYTHON), str(RASA_PROJECT / "studies.py"), name, *arguments]
    return _run(command, {**rasa_environment(), **threads})


def _run(command: list[str], environment: Mapping[str, str]) -> str:
    result = subprocess.run(  # noqa: S603 - our own interpreter and paths
        command, cwd=RASA_PROJECT, env=dict(environment), capture_output=True, text=True, check=False
    )
    if result.returncode != 0:
        raise TrainingError((result.stdout + result.stderr)[-4000:])
    return result.stdout
