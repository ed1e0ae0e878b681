"""A folder of results belongs to one process at a time: two would train the same run into it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK = ".lock"


@contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """Hold a folder, which is made if it is not there; the operating system lets go of it when the process ends.

    Raises:
        ValueError: Another process holds it.
    """
    from filelock import FileLock, Timeout

    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise ValueError(f"Another process writes {folder}: wait until it ends, or name another --output.") from error
    try:
        yield
    finally:
        lock.release()


__all__ = ["only_writer"]
