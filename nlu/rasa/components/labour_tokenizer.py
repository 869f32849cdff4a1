"""jieba with the project's labour dictionary, kept inside the model so that both always fit."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path
from typing import Any

import jieba
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

DICTIONARY = "dictionary.txt"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=True)
class LabourTokenizer(Tokenizer):
    """Rasa's JiebaTokenizer loads a folder into a global; this one loads one file into its own tokenizer."""

    @staticmethod
    def supported_languages() -> list[str] | None:
        return ["zh"]

    @staticmethod
    def required_packages() -> list[str]:
        return ["jieba"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            "dictionary": None,
            "intent_tokenization_flag": False,
            "intent_split_symbol": "_",
            "token_pattern": None,
            "prefix_separator_symbol": None,
        }

    def __init__(
        self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, dictionary: Path
    ) -> None:
        super().__init__(config)
        self._model_storage = model_storage
        self._resource = resource
        self._dictionary = dictionary
        jieba.setLogLevel(logging.WARNING)
        self._jieba = jieba.Tokenizer()
        self._jieba.load_userdict(str(dictionary))

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,  # noqa: ARG003
    ) -> LabourTokenizer:
        # Relative to the Rasa project, wherever the training command was started.
        path = Path(__file__).parent.parent / config["dictionary"]
        return cls(config, model_storage, resource, path)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,  # noqa: ARG003
        **kwargs: Any,  # noqa: ARG003
    ) -> LabourTokenizer:
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, folder / DICTIONARY)

    def train(self, training_data: TrainingData) -> Resource:  # noqa: ARG002
        with self._model_storage.write_to(self._resource) as folder:
            shutil.copyfile(self._dictionary, folder / DICTIONARY)
        return self._resource

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        text = message.get(attribute)
        return self._apply_token_pattern(
            [Token(word, start) for word, start, _ in self._jieba.tokenize(text)]
        )
