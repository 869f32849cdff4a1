"""The circuit breaker, with a clock in hand."""

from nlu.breaker import CircuitBreaker


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def opened(clock: Clock) -> CircuitBreaker:
    breaker = CircuitBreaker(failures_to_open=2, rest_seconds=5, clock=clock)
    breaker.failed()
    breaker.failed()
    return breaker


def test_stays_closed_below_the_limit_and_a_success_starts_the_count_again() -> None:
    breaker = CircuitBreaker(failures_to_open=2)
    breaker.failed()
    breaker.succeeded()
    breaker.failed()
    assert breaker.allow()


def test_opens_after_failures_in_a_row_and_lets_nothing_through() -> None:
    breaker = opened(Clock())
    assert breaker.open
    assert not breaker.allow()


def test_after_the_rest_exactly_one_probe_passes() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.seconds = 5
    assert breaker.allow()
    assert not breaker.allow()


def test_a_good_probe_closes_a_bad_one_opens_again() -> None:
    clock = Clock()
    good, bad = opened(clock), opened(clock)
    clock.seconds = 5
    assert good.allow()
    assert bad.allow()
    good.succeeded()
    bad.failed()
    assert good.allow()
    assert not bad.allow()
    clock.seconds = 10
    assert bad.allow()


def test_a_cancelled_probe_does_not_block_the_next() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.seconds = 5
    assert breaker.allow()
    breaker.abandoned()
    assert breaker.allow()
