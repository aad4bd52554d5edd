"""Which speeds of a run would come out again: from the ratios of its rounds.

In each round every interpreter has one process, and they take turns (turns.py), so two values at the same
place give a ratio in which changes of the machine cancel out.  The ratio of a round is the median of its
values' ratios, the speed the median of the rounds'.  It is taken for repeatable when the range in which
such a median lies is narrow, at most WITHIN from end to end.

The range needs no assumption about how the noise is distributed: it goes from one of the lowest ratios to one
of the highest.  With 4 to 6 rounds those are the very lowest and highest, with 7 to 9 the second, with 10 to
12 the third, and so on; for all these counts the true median lies between them about nine times in ten (coin
throws: it is outside only if nearly all rounds fell on one side of it).  So more rounds narrow it, as long as
the disturbed ones are few.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

WITHIN = 0.05
FEWEST = 3  # rounds, below which nothing is said of how well they repeat


def ratios(of: Sequence[Sequence[float]], against: Sequence[Sequence[float]]) -> list[float]:
    """How many times faster `of` was in each round; both are the times of each round, in the order taken."""
    return [
        statistics.median(slow / fast for fast, slow in zip(*times, strict=True))
        for times in zip(of, against, strict=True)
    ]


def spread(found: Sequence[float]) -> float:
    """How far apart the ends of the median's range are: 0.05 is 5 %; infinite with too few rounds."""
    if len(found) < FEWEST:
        return math.inf
    ordered = sorted(found)
    aside = max(0, (len(found) - 1) // 3 - 1)
    return ordered[-1 - aside] / ordered[aside] - 1


def repeatable(found: Sequence[float]) -> bool:
    return spread(found) <= WITHIN


def speed(found: Sequence[float]) -> float:
    return statistics.median(found)
