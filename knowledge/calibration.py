"""How features become one score between 0 and 1: a small multinomial model with "none of these" as a choice.

`score(entry) = exp(z) / (exp(null) + sum of exp(z))`, so an entry's score falls both when the text is far from
everything and when several entries fit equally well. The numbers lie in calibration.yml, written by
`python -m knowledge calibrate`; see knowledge/fitting.py for how they are found.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import cast

import numpy as np
import yaml

from knowledge.index import COLUMNS, Floats

CALIBRATION_FILE = Path(__file__).with_name("calibration.yml")
NOTHING_FOR_US = ("out_of_scope", "chitchat")  # intents that speak against every entry

MODES = ("vector_intent", "vector", "words_intent", "words")


@dataclass(frozen=True, slots=True)
class Weights:
    """One weight per feature column, for the intent's probability, and for "nothing for us"."""

    columns: Floats
    intent: float
    nothing: float
    bias: float

    def scores(self, features: Floats, intent: Floats, nothing: float) -> Floats:
        """Scores of all entries (rows of `features`), 0 to 1, together at most 1.

        `intent` is the probability of each entry's intent, `nothing` that of an intent that is not for us.
        """
        z = features @ self.columns + self.intent * intent + self.bias
        null = self.nothing * nothing
        top = max(float(z.max(initial=0.0)), null)
        raised = np.exp(z - top)
        return np.asarray(raised / (raised.sum() + np.exp(null - top)), np.float32)


def load_weights(file: Path = CALIBRATION_FILE) -> Mapping[str, Weights]:
    """Weights of every mode: with or without a vector, with or without intents."""
    raw = cast(
        dict[str, dict[str, float]], yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    )
    return MappingProxyType({mode: _weights(raw[mode]) for mode in MODES})


def _weights(row: Mapping[str, float]) -> Weights:
    columns = np.array([row.get(name, 0.0) for name in COLUMNS], np.float32)
    return Weights(columns, row.get("intent", 0.0), row.get("nothing", 0.0), row["bias"])


def mode_of(*, has_vector: bool, has_intents: bool) -> str:
    return ("vector" if has_vector else "words") + ("_intent" if has_intents else "")
