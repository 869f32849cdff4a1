"""A circuit breaker: after some failures in a row, stop asking for a while, then let one call through."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic


class CircuitBreaker:
    """Closed: calls pass. Open: none pass. Half open: exactly one probe passes, its outcome decides.

    Args:
        failures_to_open: failures in a row that open the circuit.
        rest_seconds: how long it stays open before a probe.
        clock: seconds from any fixed point; tests give their own.
    """

    def __init__(
        self, failures_to_open: int = 3, rest_seconds: float = 5.0, clock: Callable[[], float] = monotonic
    ) -> None:
        self._failures_to_open = failures_to_open
        self._rest_seconds = rest_seconds
        self._clock = clock
        self._failures = 0
        self._opened_at: float | None = None
        self._probing = False

    @property
    def open(self) -> bool:
        """True while calls are held back."""
        return self._opened_at is not None

    def allow(self) -> bool:
        """Whether a call may go out now. A True must be followed by `succeeded`, `failed` or `abandoned`."""
        if self._opened_at is None:
            return True
        if self._probing or self._clock() - self._opened_at < self._rest_seconds:
            return False
        self._probing = True
        return True

    def succeeded(self) -> None:
        self._failures, self._opened_at, self._probing = 0, None, False

    def failed(self) -> None:
        self._failures += 1
        if self._probing or self._failures >= self._failures_to_open:
            self._opened_at = self._clock()
        self._probing = False

    def abandoned(self) -> None:
        """The caller was cancelled: no verdict, but the next probe must be possible."""
        self._probing = False
