"""Data Center's bucket, played on a clock of the test: it is used, and never runs dry."""

from dataclasses import dataclass

import pytest

from shared.jira.limits import Bucket
from shared.jira.pacing import Pacing

STEP = 0.05  # seconds


@dataclass
class Node:
    """One node of Data Center that gives tokens back at the end of each interval."""

    size: int = 50
    fill: int = 10
    interval: float = 60.0
    tokens: int = 50
    refused: int = 0
    answered: int = 0
    filled_at: float = 0.0

    def ask(self, now: float) -> Bucket:
        while now - self.filled_at >= self.interval:
            self.filled_at += self.interval
            self.tokens = min(self.size, self.tokens + self.fill)
        if self.tokens:
            self.tokens -= 1
            self.answered += 1
        else:
            self.refused += 1
        return Bucket(self.size, self.tokens, self.fill, self.interval)


def play(node: Node, *, processes: int, seconds: float) -> None:
    """Let every process ask as soon as it may; a refusal holds up all of them until tokens come back."""
    pacings = [Pacing() for _ in range(processes)]
    cool_until = 0.0
    for step in range(int(seconds / STEP)):
        now = step * STEP
        for pacing in pacings:
            if now < cool_until or pacing.wait(now=now) > 0:
                continue
            pacing.asked(now=now)
            refused = node.refused
            pacing.learn(node.ask(now), now=now)
            if node.refused > refused:
                cool_until = node.filled_at + node.interval


@pytest.mark.parametrize("processes", [1, 2, 4])
def test_the_bucket_is_used_up_to_what_comes_back_and_nobody_is_refused(processes: int) -> None:
    node = Node()
    play(node, processes=processes, seconds=3600)
    assert node.refused == 0
    assert node.answered >= 0.95 * 600


def test_more_processes_than_tokens_come_back_are_refused_once_in_an_interval_at_most() -> None:
    node = Node()
    play(node, processes=12, seconds=3600)
    assert node.refused <= 3600 / node.interval
    assert node.answered >= 0.95 * 600


def test_what_others_take_from_the_same_account_slows_us_down() -> None:
    node, pacing = Node(fill=10, interval=1.0), Pacing()
    ours = 0
    for step in range(int(60 / STEP)):
        now = step * STEP
        if step % 4 == 0:  # five a second, half of what comes back
            node.ask(now)
        if pacing.wait(now=now) == 0:
            pacing.asked(now=now)
            pacing.learn(node.ask(now), now=now)
            ours += 1
    assert node.refused == 0
    assert 4.5 * 60 <= ours <= 6.5 * 60


def test_a_full_bucket_holds_up_nobody() -> None:
    pacing = Pacing()
    assert pacing.wait(now=0.0) == 0
    pacing.asked(now=0.0)
    pacing.learn(Bucket(50, 30, 10, 60.0), now=0.0)
    assert pacing.wait(now=0.0) == 0


def test_what_is_in_flight_counts_as_taken() -> None:
    pacing = Pacing()
    pacing.asked(now=0.0)
    pacing.learn(Bucket(5, 4, 5, 1.0), now=0.0)
    assert pacing.wait(now=0.0, in_flight=1) == 0
    assert pacing.wait(now=0.0, in_flight=2) > 0


def test_an_empty_one_holds_up_for_an_interval_at_most() -> None:
    pacing = Pacing()
    pacing.asked(now=10.0)
    pacing.learn(Bucket(50, 0, 10, 60.0), now=10.0)
    assert pacing.wait(now=10.0) == 60.0
    assert 0 < pacing.wait(now=20.0) < 60.0  # some has come back meanwhile
