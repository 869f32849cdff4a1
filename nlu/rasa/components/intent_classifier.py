"""The intent classifier as a Rasa graph component: training, storage in the model package, answers."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.constants import TOKENS_NAMES
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from components.decision import OUT_OF_SCOPE, Decision, fitted_decision, neighbour_folds
from components.features import Example, Settings
from components.intent_model import IntentModel, TrainingSet
from components.sentence_vector import EMBEDDING, SentenceVector

DECISION = "decision.json"
UNSURE = "unsure"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class LabourIntentClassifier(IntentClassifier, GraphComponent):
    """Sets `intent`, `intent_ranking` and `unsure` on every message."""

    @classmethod
    def required_components(cls) -> list[type]:
        return [SentenceVector]

    @staticmethod
    def required_packages() -> list[str]:
        return ["scipy"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        decision = {"folds": 5, "out_of_scope_share": 0.25, "wanted_precision": 0.85}
        return {**asdict(Settings()), **decision, "ranking_length": 10}

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        model: IntentModel | None = None,
        decision: Decision | None = None,
    ) -> None:
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._model = model
        self._decision = decision or Decision()

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,  # noqa: ARG003
    ) -> LabourIntentClassifier:
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,  # noqa: ARG003
        **kwargs: Any,  # noqa: ARG003
    ) -> LabourIntentClassifier:
        with model_storage.read_from(resource) as folder:
            stored = json.loads((folder / DECISION).read_text(encoding="utf-8"))
            decision = Decision(**{**stored, "shift": tuple(stored["shift"])})
            return cls(config, model_storage, resource, IntentModel.loaded(folder), decision)

    # Rasa wires graph inputs by parameter name: it must be called training_data.
    def train(self, training_data: TrainingData) -> Resource:
        messages = [m for m in training_data.intent_examples if m.get(TEXT) and m.get(INTENT)]
        targets = [message.get(INTENT) for message in messages]
        settings = Settings(**{key: self._config[key] for key in asdict(Settings())})
        training = TrainingSet.built(settings, [_example(message) for message in messages], targets)
        scores = training.held_out_scores(neighbour_folds(training.index, self._config["folds"]))
        self._decision = fitted_decision(
            training.labels,
            scores,
            training.index,
            self._config["out_of_scope_share"],
            self._config["wanted_precision"],
        )
        self._model = IntentModel.trained(training)
        with self._model_storage.write_to(self._resource) as folder:
            self._model.save(folder)
            (folder / DECISION).write_text(json.dumps(asdict(self._decision)), encoding="utf-8")
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            self._classify(message)
        return messages

    def _classify(self, message: Message) -> None:
        if self._model is None:
            raise RuntimeError("the intent model is neither trained nor loaded")
        probabilities = self._decision.probabilities(self._model.scores(_example(message)))[0]
        order = np.argsort(-probabilities)[: self._config["ranking_length"]]
        labels = self._model.labels
        ranking = [{"name": labels[place], "confidence": float(probabilities[place])} for place in order]
        confidence = ranking[0]["confidence"]
        rejected = confidence < self._decision.reject_below
        intent = {"name": OUT_OF_SCOPE, "confidence": confidence} if rejected else ranking[0]
        message.set(INTENT, intent, add_to_output=True)
        message.set("intent_ranking", ranking, add_to_output=True)
        message.set(UNSURE, bool(confidence < self._decision.unsure_below), add_to_output=True)


def _example(message: Message) -> Example:
    tokens = tuple(token.text for token in message.get(TOKENS_NAMES[TEXT]) or ())
    return Example(message.get(TEXT), tokens, message.get(EMBEDDING))
