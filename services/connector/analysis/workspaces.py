"""Keys for new workspaces: Windshift has each of them once."""

from collections.abc import Mapping
from typing import Final

from services.connector.mappings.existing import Existing
from shared.ids import entity_id
from shared.kinds import EntityKind

_LONGEST: Final = 10  # characters of a key in Windshift
_TRIES: Final = 99


async def free_keys(projects: Mapping[str, str], site: str, existing: Existing) -> dict[str, str]:
    """Return a key for each project that no other workspace has: its own, else with a number behind it.

    `projects` are the ids of projects by their keys.
    """
    own = [entity_id(site, EntityKind.PROJECT, id_) for id_ in projects.values()]
    used = set(await existing.workspaces_by_key(projects, except_=own))
    found = {key: key for key in projects if key not in used}
    for key in projects.keys() - found.keys():
        numbered = [f"{key[: _LONGEST - len(str(number))]}{number}" for number in range(2, _TRIES)]
        taken = {*await existing.workspaces_by_key(numbered, except_=own), *found.values(), *projects}
        found[key] = next((one for one in numbered if one not in taken), key)
    return found
