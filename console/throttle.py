"""Sign-in throttling: wrong passwords per username and per network address, in this process."""

import math
from collections import OrderedDict, deque
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=15)
KEYS_REMEMBERED = 10_000
ADDRESS_FACTOR = 10  # a whole office may share one address


class LoginThrottle:
    """Counts failures in a sliding window; the oldest keys are forgotten first."""

    def __init__(self, attempts: int) -> None:
        self._attempts = attempts
        self._failures: OrderedDict[str, deque[datetime]] = OrderedDict()

    def minutes_to_wait(self, username: str, address: str, now: datetime) -> int:
        """Return how many minutes until the next try is looked at; 0: now."""
        waits = [self._wait(key, limit, now) for key, limit in self._limits(username, address)]
        return max(waits)

    def failed(self, username: str, address: str, now: datetime) -> None:
        """Count one try: before the password is looked at, so that parallel guesses count, too."""
        for key, _ in self._limits(username, address):
            self._failures.setdefault(key, deque()).append(now)
            self._failures.move_to_end(key)
        while len(self._failures) > KEYS_REMEMBERED:
            self._failures.popitem(last=False)

    def succeeded(self, username: str, address: str) -> None:
        """Forget the username's failures; the address is given back the try that was counted beforehand."""
        self._failures.pop(_user_key(username), None)
        tries = self._failures.get(_address_key(address))
        if tries:
            tries.pop()

    def _limits(self, username: str, address: str) -> tuple[tuple[str, int], tuple[str, int]]:
        return (_user_key(username), self._attempts), (_address_key(address), self._attempts * ADDRESS_FACTOR)

    def _wait(self, key: str, limit: int, now: datetime) -> int:
        times = self._failures.get(key)
        if times is None:
            return 0
        while times and now - times[0] >= WINDOW:
            times.popleft()
        if len(times) < limit:
            return 0
        return max(1, math.ceil((times[-limit] + WINDOW - now).total_seconds() / 60))


def _address_key(address: str) -> str:
    return f"address:{address}"


def _user_key(username: str) -> str:
    return f"user:{username.strip().lower()[:64]}"
