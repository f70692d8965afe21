"""Linear algebra on one thread, so that a number's last digit does not hang on how many there are.

The matrices of a study are small; more threads make none of it faster. Sums shared between threads
are rounded in another order.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["one_thread"]


@contextmanager
def one_thread() -> Iterator[None]:
    """Hold the libraries of linear algebra to one thread."""
    # each brings a library of its own, which must be there to be held
    import numpy as np  # noqa: F401
    import scipy.linalg  # noqa: F401
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1):
        yield
