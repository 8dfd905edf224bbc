"""Threads that stand in for a worker whose step takes long: each ends with the step that it is at, a moment later."""

import threading

PATIENCE_SECONDS = 60


def wait_for_stand_ins() -> None:
    """Wait until nobody works beside the test any more."""
    for thread in [each for each in threading.enumerate() if each.name == "stand-in"]:
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive(), "a stand-in never ended"
