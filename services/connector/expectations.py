"""What an import read of Jira, as far as its ledger can tell: the one side of every comparison."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

from services.connector.comparison import KindComparison, ProjectComparison
from shared.ids import entity_id
from shared.kinds import EntityKind, TaskKind
from shared.mongo import Store
from shared.reconcile import expected_ids
from shared.sink import COLLECTION_OF
from shared.state import Plans
from shared.state.imports import Import, ProjectRun

# What these would have found is in no account: without them nobody can say that nothing is missing.
FINDS_MORE: Final = frozenset({TaskKind.PROJECT, TaskKind.LIST})
RESTRICTED: Final = "what is extra cannot be told, since the import took only some issues of each project"
_NOT_LISTED: Final = "what is extra cannot be told, since not all issues of the project were listed"
_NOT_READ: Final = "what is extra can be told of issues only, since not everything could be read from Jira"


@dataclass(frozen=True, slots=True)
class Read:
    """The kinds of which everything was read, and why not of the others."""

    whole: frozenset[EntityKind] = field(default=frozenset(COLLECTION_OF))
    why: str | None = None


async def as_imported(run: ProjectRun, store: Store) -> ProjectComparison:
    """Return the ids that Jira named while a project was imported."""
    accounts = await expected_ids(store, site=run.site, import_id=run.import_id, project_key=run.project_key)
    own = entity_id(run.site, EntityKind.PROJECT, run.project_id)
    targets = await Plans(store.state).targets(run.import_id)
    return ProjectComparison(
        key=run.project_key,
        workspace=str(targets.get(own) or own),
        has_own_workspace=own not in targets,
        kinds={
            kind: KindComparison(one.expected, mapped=one.mapped, dead=one.dead, gone=one.gone)
            for kind, one in accounts.items()
        },
    )


def what_was_read(
    import_: Import, run: ProjectRun, project: ProjectComparison, failed: Collection[TaskKind]
) -> Read:
    """Tell of which kinds the import saw everything: only there, what it did not see is extra."""
    if import_.restrictions:
        return Read(frozenset(), RESTRICTED)
    if run.fetched_at is None or not FINDS_MORE.isdisjoint(failed):
        return Read(frozenset(), _NOT_LISTED)
    lost = [kind for kind, one in project.kinds.items() if len(one.dead)]
    if {*failed, *lost} <= {TaskKind.ATTACHMENTS, EntityKind.ATTACHMENT}:
        return Read()  # each attachment has a letter of its own: those ids are known
    return Read(frozenset({EntityKind.ISSUE}), _NOT_READ)
