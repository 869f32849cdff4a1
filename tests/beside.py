"""What lies beside the project and is no part of it: labelled questions, statutes, a public benchmark.

Tests that need it carry the mark `shared`; tests/conftest.py skips them where the folder is absent.
"""

import os
from pathlib import Path

SHARED = Path(os.environ.get("NIANGJIA_SHARED", Path(__file__).parents[2] / "shared"))
LAW_TEXTS = SHARED / "data" / "laws"
LABELLED_QUESTIONS = SHARED / "data" / "questions_dev.jsonl"
PUBLIC_BENCHMARK = SHARED / "data" / "bench" / "smp2017"
