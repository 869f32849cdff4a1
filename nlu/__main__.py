"""`python -m nlu`: train, evaluate, evaluate-slots. Everything needed is started here and stopped again."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from nlu import slot_eval
from nlu.at_hand import served_understander
from nlu.evaluation import Line, figures, predict, read_lines, write_predictions
from nlu.training import BASELINE, DEFAULT_DATA_FOLDER, PRODUCTION, Pipeline, Study, ensure_model, run_study
from nlu.understanding import Understanding

app = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_show_locals=False)

DataFolder = Annotated[
    Path, typer.Option("--data", envvar="NIANGJIA_DATA__FOLDER", help="Where models are kept.")
]
LinesFile = Annotated[Path, typer.Argument(exists=True, dir_okay=False)]


@app.command()
def train(
    if_needed: Annotated[
        bool, typer.Option("--if-needed", help="Do nothing if a model fits the data.")
    ] = False,
    baseline: Annotated[bool, typer.Option("--baseline", help="Rasa's default pipeline instead.")] = False,
    data: DataFolder = DEFAULT_DATA_FOLDER,
) -> None:
    """Train the intent model; prints its path."""
    print(ensure_model(BASELINE if baseline else PRODUCTION, data, force=not if_needed))


@app.command()
def evaluate(
    file: LinesFile,
    baseline: Annotated[
        bool, typer.Option("--baseline", help="Measure Rasa's default pipeline too.")
    ] = False,
    predictions: Annotated[Path | None, typer.Option(help="Write what was predicted for each line.")] = None,
    data: DataFolder = DEFAULT_DATA_FOLDER,
) -> None:
    """Measure on lines {"text","intent","also"?}; prints JSON."""
    lines = read_lines(file)
    understood = _understood(PRODUCTION, lines, data)
    result: dict[str, Any] = figures(lines, understood)
    if predictions is not None:
        write_predictions(predictions, lines, understood)
    if baseline:
        result["baseline"] = figures(lines, _understood(BASELINE, lines, data))
    print(json.dumps(result, ensure_ascii=False, indent=2))


@app.command("evaluate-slots")
def evaluate_slots(
    file: LinesFile,
    now: Annotated[str, typer.Option(help="The day that relative dates count from, YYYY-MM-DD.")],
) -> None:
    """Measure slot reading on lines {"slot","ask"?,"text","value","accept"?}; prints JSON."""
    result = slot_eval.evaluate_slots(file, date.fromisoformat(now))
    print(json.dumps(result, ensure_ascii=False, indent=2))


@app.command()
def study(name: Annotated[Study, typer.Argument(help="What to study.")]) -> None:
    """Study the classifier on the training sentences alone (unseen folds); prints JSON, takes minutes."""
    print(run_study(name.value))


@app.command("public-benchmark")
def public_benchmark(
    folder: Annotated[
        Path, typer.Argument(exists=True, file_okay=False, help="Holds train.tsv and test.tsv.")
    ],
) -> None:
    """Train the classifier on a public set's train.tsv and measure it on its test.tsv (text TAB label)."""
    print(run_study("public-benchmark", str(folder.absolute())))


def _understood(pipeline: Pipeline, lines: Sequence[Line], data: Path) -> list[Understanding]:
    async def run() -> list[Understanding]:
        async with served_understander(pipeline, data) as understander:
            return await predict(understander, lines)

    return asyncio.run(run())


if __name__ == "__main__":
    # httpx logs every address it asks at INFO.
    logging.basicConfig(level=logging.WARNING)
    app()
