"""Silence for one thread at a time, and never for good."""

import sys
import threading

from nlu.extractors.quiet import quiet_import


def test_only_the_thread_inside_is_silent(capsys) -> None:
    with quiet_import():
        print("banner")
        other = threading.Thread(target=print, args=("answer",))
        other.start()
        other.join()
    print("after")
    assert capsys.readouterr().out == "answer\nafter\n"


def test_two_threads_that_import_at_once_leave_standard_output_as_it_was() -> None:
    before = sys.stdout
    inside, leave, left = threading.Event(), threading.Event(), threading.Event()

    def first() -> None:
        with quiet_import():
            inside.set()
            leave.wait(5)
        left.set()

    def second() -> None:
        inside.wait(5)
        threading.Timer(0.05, leave.set).start()  # the first one ends after the second has begun
        with quiet_import():
            left.wait(5)

    threads = [threading.Thread(target=work) for work in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    after, sys.stdout = sys.stdout, before
    assert after is before
