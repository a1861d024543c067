"""References to things of Jira for which something stands that was in Windshift before."""

from collections.abc import Mapping
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
            found = (targets.get(one, one) for one in value)
            document[name] = [one for one in dict.fromkeys(found) if one is not None]
        elif isinstance(value, str) and value in targets:
            document[name] = targets[value]
