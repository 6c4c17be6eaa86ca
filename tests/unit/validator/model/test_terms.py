"""Pausing the garbage collector, also from several threads at once."""

import gc
import threading

from gateway.validator.model.terms import without_collecting


def test_the_collector_goes_on_when_the_last_has_ended() -> None:
    first, second = without_collecting(), without_collecting()
    first.__enter__()
    second.__enter__()
    first.__exit__()
    assert not gc.isenabled()
    second.__exit__()
    assert gc.isenabled()

    def often() -> None:
        for _ in range(2_000):
            with without_collecting():
                pass

    threads = [threading.Thread(target=often) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert gc.isenabled()
