"""Workspaces, issue types, statuses and versions: which are created, and what stands for the others."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from services.connector.mappings.existing import Existing, ImpossibleMappingError
from services.connector.schemas.start import Mappings, WorkspaceMapping
from shared.ids import entity_id
from shared.kinds import EntityKind
from shared.sink import COLLECTION_OF
from shared.state.plans import NewWorkspace, Target

_ANOTHER: Final = "choose another target, or let the import create one"


class _Wanted(NamedTuple):
    words: str
    kind: EntityKind
    jira_ids: tuple[str, ...]
    target: Target


async def targets(
    mappings: Mappings, site: str, projects: Mapping[str, str], existing: Existing
) -> dict[str, Target]:
    """Return what stands for which `_id`; ImpossibleMappingError for what cannot.

    `projects` are the ids of the chosen projects by their keys.
    """
    wanted = [*_wanted(mappings, projects)]
    chosen: dict[str, Target] = {
        entity_id(site, EntityKind.VERSION, id_): None for id_ in _left_out(mappings)
    }
    for words, kind, jira_ids, target in wanted:
        if target is None:
            raise ImpossibleMappingError(
                f"{words} is neither created nor mapped to anything in Windshift: choose a target for it."
            )
        if not jira_ids:
            raise ImpossibleMappingError(f"{words} is mapped without its ids in Jira (jiraIds).")
        for identity in (entity_id(site, kind, jira_id) for jira_id in jira_ids):
            if chosen.setdefault(identity, target) != target:
                raise ImpossibleMappingError(
                    f"{words} is mapped both to {chosen[identity]!r} and to {target!r}: choose one."
                )
    await _ensure_existing(wanted, existing)
    # What an earlier import created under this identity is simply brought up to date.
    return {identity: target for identity, target in chosen.items() if target != identity}


async def new_workspaces(
    mappings: Mappings, site: str, projects: Mapping[str, str], existing: Existing
) -> dict[str, NewWorkspace]:
    """Return how the workspaces that are created are called, by the id of their project.

    Windshift has one workspace of a key: each gets the key that was asked for, else the project's.
    """
    asked = {one.jira_key: one for one in mappings.workspaces}
    created = {key: asked.get(key, WorkspaceMapping(jira_key=key)) for key in projects}
    created = {key: one for key, one in created.items() if one.create_new}
    keys = Counter(one.new_workspace_key or key for key, one in created.items())
    for key, times in keys.items():
        if times > 1:
            raise ImpossibleMappingError(
                f"{times} projects would become the one workspace {key}: give each a key of its own."
            )
    own = [entity_id(site, EntityKind.PROJECT, projects[key]) for key in created]
    for key, workspace in (await existing.workspaces_by_key(keys, except_=own)).items():
        raise ImpossibleMappingError(
            f"The key {key} belongs to Windshift's workspace {workspace.get('name')!r} already: give the new"
            f" workspace another key, or map the project to {workspace['_id']!r}."
        )
    return {
        projects[key]: NewWorkspace(name=one.new_workspace_name, key=one.new_workspace_key)
        for key, one in created.items()
        if one.new_workspace_name or one.new_workspace_key
    }


def _wanted(mappings: Mappings, projects: Mapping[str, str]) -> Iterator[_Wanted]:
    for workspace in mappings.workspaces:
        if workspace.jira_key in projects and not workspace.create_new:
            ids = (projects[workspace.jira_key],)
            yield _Wanted(f"Project {workspace.jira_key}", EntityKind.PROJECT, ids, workspace.windshift_id)
    for type_ in mappings.issue_types:
        if not type_.create_new:
            words = f"Issue type {type_.jira_name!r}"
            yield _Wanted(words, EntityKind.ISSUE_TYPE, type_.jira_ids, type_.windshift_id)
    for status in mappings.statuses:
        if not status.create_new:
            words = f"Status {status.jira_name!r}"
            yield _Wanted(words, EntityKind.STATUS, status.jira_ids, status.windshift_id)
    for version in mappings.versions:
        if not version.create_new and version.windshift_id is not None:
            words = f"Version {version.jira_name!r}"
            yield _Wanted(words, EntityKind.VERSION, (version.jira_id,), version.windshift_id)


def _left_out(mappings: Mappings) -> Iterator[str]:
    """Yield the versions that do not come along: the wizard offers no target for them."""
    for version in mappings.versions:
        if version.jira_id and not version.create_new and version.windshift_id is None:
            yield version.jira_id


async def _ensure_existing(wanted: list[_Wanted], existing: Existing) -> None:
    for kind in dict.fromkeys(one.kind for one in wanted):
        collection = COLLECTION_OF[kind]
        found = await existing.find(collection, (one.target for one in wanted if one.kind is kind))
        for words, _, _, target in (one for one in wanted if one.kind is kind and one.target not in found):
            offers = await existing.offers(collection)
            there = f" There are {offers}." if offers else ""
            raise ImpossibleMappingError(
                f"{words} is mapped to {target!r}, which does not exist in Windshift's {collection}:"
                f" {_ANOTHER}.{there}"
            )
