"""Troubles on demand: rules that say which requests go wrong, and how."""

import random
from dataclasses import dataclass, field
from typing import Any

from deploy.jira_simulator.errors import Refused
from deploy.jira_simulator.observed import observed

# These let the real answer be made first and then spoil it; all others replace it.
SPOILING = frozenset({"cut", "truncated-json", "slow", "expire", "edit"})
_MEMBERS = {"route", "contains", "every", "times", "after", "probability", "kind", "ms", "error", "edits"}


@dataclass(slots=True)
class Rule:
    kind: str
    route: str = "*"
    contains: str = ""  # in the path that was really asked
    every: int = 0
    times: int = 0
    after: int = 0  # so many matching requests stay unharmed first
    probability: float = 0.0
    ms: float = 1000.0
    error: str = ""
    edits: list[dict[str, Any]] = field(default_factory=list)  # what happens to the site meanwhile
    seen: int = field(default=0, init=False)
    done: int = field(default=0, init=False)

    def strikes(self, route: str, path: str, dice: random.Random) -> bool:
        if self.route not in ("*", route, route.partition(" ")[2]) or self.contains not in path:
            return False
        self.seen += 1
        if self.seen <= self.after or (self.times and self.done >= self.times):
            return False
        if self.every and (self.seen - self.after) % self.every:
            return False
        if self.probability and dice.random() >= self.probability:
            return False
        self.done += 1
        return True

    def answer(self) -> Refused | None:
        """What replaces the real answer, or None when the fault only spoils it."""
        if self.kind in SPOILING:
            return None
        return observed(self.error if self.kind == "error" else self.kind)


class Faults:
    def __init__(self, rules: list[dict[str, Any]], seed: int) -> None:
        self._seed = seed
        self.replace(rules)

    def replace(self, rules: list[dict[str, Any]]) -> None:
        """Raises ValueError for a rule that could never do anything."""
        self._dice = random.Random(self._seed)
        self.rules = [_rule(given) for given in rules]

    def pick(self, route: str, path: str) -> Rule | None:
        for rule in self.rules:
            if rule.strikes(route, path, self._dice):
                return rule
        return None


def _rule(given: dict[str, Any]) -> Rule:
    unknown = set(given) - _MEMBERS
    if unknown or "kind" not in given:
        raise ValueError(f"a fault rule needs a kind and knows {sorted(_MEMBERS)}, not {sorted(unknown)}")
    rule = Rule(**given)
    rule.answer()
    return rule
