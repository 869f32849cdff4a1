"""Limits that follow from what a worker told."""

from datetime import date

import pytest

from tickets.limits import Limit, limits_of


@pytest.mark.parametrize(
    ("category", "facts", "expected"),
    [
        ("dismissal", {"left_date": "2026-03-15"}, [("arbitration", date(2027, 3, 15))]),
        ("wage_arrears", {"left_date": "2026-03"}, [("arbitration", date(2027, 3, 1))]),
        ("dismissal", {"left_date": "2024-02-29"}, [("arbitration", date(2025, 2, 28))]),
        ("legal_aid_apply", {"left_date": "2026-03-15", "stage": "arbitration"}, []),
        ("legal_aid_apply", {"left_date": "2026-03-15", "matter": "injury"}, [("injury", date(2027, 3, 15))]),
        ("work_injury", {"injury_date": "2026-05-01"}, [("injury", date(2027, 5, 1))]),
        ("legal_aid_apply", {"deadline_date": "2026-12-20"}, [("told", date(2026, 12, 20))]),
        ("dismissal", {"left_date": "2026-02-31"}, []),
        ("dismissal", {"left_date": "去年"}, []),
        ("dismissal", {}, []),
    ],
)
def test_limits(category, facts, expected):
    assert list(limits_of(category, facts)) == [Limit(kind, day) for kind, day in expected]
