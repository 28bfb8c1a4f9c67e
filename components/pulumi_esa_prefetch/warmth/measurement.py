"""Asks for a sample of a list, several URLs at once and each once, and counts the answers."""

import queue
import threading
from collections import Counter, deque
from collections.abc import Callable, Collection, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pulumi_esa_prefetch.warmth.edge_answer import (
    FAILED,
    NO_STATUS,
    UNCACHED,
    EdgeAnswer,
)
from pulumi_esa_prefetch.warmth.sampling import sampled, unasked, url_digest
from pulumi_esa_prefetch.warmth.warm_ratio import WarmRatio

CAVEATS: Final = (
    "Only the first request of a URL counts, for it warms the edge itself.",
    "One place on the network sees one edge location.",
)
"""What limits every figure; shown wherever a figure is."""

PARALLEL: Final = 4
_WORST: Final = (FAILED, NO_STATUS, *UNCACHED)
_PAUSE: Final = 0.1
"""Seconds between two looks at whether to stop."""


@dataclass(frozen=True)
class Measurement:
    """The answers for a sample, in the order of the sample."""

    answers: tuple[EdgeAnswer, ...]
    population: int
    """The distinct URLs that the sample was drawn from."""
    begun: tuple[str, ...] = ()
    """The digests of the URLs that were asked for; of some the answer may not have been waited for."""

    @property
    def ratio(self) -> WarmRatio:
        """The share of hits among the answers that count."""
        counted = [answer for answer in self.answers if answer.is_counted]
        return WarmRatio(
            hits=sum(answer.is_warm for answer in counted),
            counted=len(counted),
            population=self.population - (len(self.answers) - len(counted)),
        )

    @property
    def by_status(self) -> Mapping[str, int]:
        """How many answers there were of each kind, the most frequent first."""
        return kinds(self.answers)

    @property
    def digests(self) -> tuple[str, ...]:
        """The digests of all URLs that were asked for, sorted."""
        answered = (url_digest(answer.url) for answer in self.answers)
        return tuple(sorted({*answered, *self.begun}))

    @property
    def worst(self) -> tuple[EdgeAnswer, ...]:
        """The answers that are no hits, the worst first."""
        cold = (answer for answer in self.answers if not answer.is_warm)
        return tuple(sorted(cold, key=_badness))


def kinds(answers: Sequence[EdgeAnswer]) -> Mapping[str, int]:
    """How many answers there are of each kind, the most frequent first."""
    counts = Counter(answer.kind for answer in answers)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def measure(  # noqa: PLR0913 -- two of them are what to ask, the others how
    urls: Sequence[str],
    *,
    size: int,
    seed: int,
    ask: Callable[[str], EdgeAnswer],
    parallel: int = PARALLEL,
    asked: Collection[str] = (),
    begin: Callable[[str], None] = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
    answered: Callable[[EdgeAnswer], None] = lambda _: None,
) -> Measurement:
    """Ask for at most `size` of the URLs, none whose digest is in `asked`.

    `begin` is called with the digest of a URL before it is asked for, and `answered` with each answer; one call at a
    time. If `begin` raises, no further URL is asked for and its exception is raised. Once `stop` says so, what was
    answered until then is returned, and an answer that is under way is not waited for.
    """
    chosen = sampled(urls, size, seed, asked)
    sample = _Sample(chosen, ask, begin)
    answers: dict[str, EdgeAnswer] = {}
    try:
        for answer in sample.answers(min(parallel, len(chosen)), stop):
            answers[answer.url] = answer
            answered(answer)
    finally:
        begun = sample.halt()
    return Measurement(
        tuple(answers[url] for url in chosen if url in answers),
        len(unasked(urls, asked)),
        begun,
    )


class _Sample:
    """The URLs that are still to be asked for, shared by the threads that ask."""

    def __init__(
        self,
        urls: Sequence[str],
        ask: Callable[[str], EdgeAnswer],
        begin: Callable[[str], None],
    ) -> None:
        self._begun: list[str] = []
        self._halted = False
        self._waiting = deque(urls)
        self._ask = ask
        self._begin = begin
        self._lock = threading.Lock()
        self._done: queue.SimpleQueue[EdgeAnswer | BaseException | None] = (
            queue.SimpleQueue()
        )

    def answers(self, threads: int, stop: Callable[[], bool]) -> Generator[EdgeAnswer]:
        """The answers as they come."""
        for _ in range(threads):
            # Daemons: at the end of the process nobody waits for an answer.
            threading.Thread(target=self._work, name="esa-edge", daemon=True).start()
        while threads and not stop():
            try:
                done = self._done.get(timeout=_PAUSE)
            except queue.Empty:
                continue
            if isinstance(done, BaseException):
                raise done
            if done is None:
                threads -= 1
            else:
                yield done

    def halt(self) -> tuple[str, ...]:
        """Ask for no further URL; the digests of those that were asked for."""
        with self._lock:
            self._halted = True
            return tuple(self._begun)

    def _work(self) -> None:
        try:
            while (url := self._next()) is not None:
                self._done.put(self._ask(url))
        except BaseException as error:  # noqa: BLE001 -- raised again in the thread that waits
            self._done.put(error)
        else:
            self._done.put(None)

    def _next(self) -> str | None:
        with self._lock:
            if self._halted or not self._waiting:
                return None
            url = self._waiting.popleft()
            digest = url_digest(url)
            self._begin(digest)
            self._begun.append(digest)
            return url


def _badness(answer: EdgeAnswer) -> tuple[int, str, str]:
    rank = _WORST.index(answer.status) if answer.status in _WORST else len(_WORST)
    return rank, answer.kind, answer.url
