"""References to things of Jira for which something stands that was in Windshift before."""

from collections.abc import Iterable, Mapping
from typing import Final

from shared.mongo import Document
from shared.state.plans import Target

# Every kind of document calls a reference to the same kind of thing the same.
_REFERENCES: Final = ("workspace_id", "item_type_id", "status_id", "milestone_ids", "affected_milestone_ids")


def redirect(document: Document, targets: Mapping[str, Target]) -> None:
    """Point a document's references to what stands for them; what does not come along is not named."""
    for name in _REFERENCES:
        value = document.get(name)
        if isinstance(value, list):
            document[name] = stand_ins(value, targets)
        elif isinstance(value, str) and value in targets:
            document[name] = targets[value]


def stand_ins(references: Iterable[str], targets: Mapping[str, Target]) -> list[int | str]:
    """Return what stands for some references, in order and once."""
    found = (targets.get(one, one) for one in references)
    return [one for one in dict.fromkeys(found) if one is not None]
