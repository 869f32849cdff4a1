"""An understander for commands: trains if needed, starts Rasa, waits until it is ready, stops it again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from nlu.rasa_client import RasaUnderstander
from nlu.server import RasaServer
from nlu.training import DEFAULT_DATA_FOLDER, PRODUCTION, Pipeline, ensure_model

# Patience instead of the keyword fallback: an evaluation must measure the model, on a busy machine too.
_TIMEOUT_SECONDS = 30.0


@asynccontextmanager
async def served_understander(
    pipeline: Pipeline = PRODUCTION, data: Path = DEFAULT_DATA_FOLDER
) -> AsyncIterator[RasaUnderstander]:
    """The production understander over its own server. Raises TrainingError when no model can be made."""
    model = ensure_model(pipeline, data)
    async with RasaServer(model, with_tensorflow=not pipeline.own_components) as server:
        await server.wait_ready()
        understander = RasaUnderstander(lambda: server.url, timeout_seconds=_TIMEOUT_SECONDS)
        try:
            yield understander
        finally:
            await understander.aclose()
