"""From the wizard's mappings to the plan that the loader follows."""

from collections.abc import Mapping, Sequence

from services.connector.mappings.existing import Existing
from services.connector.mappings.fields import choices
from services.connector.mappings.things import new_workspaces, targets
from services.connector.schemas.start import Mappings
from shared.mongo import Store
from shared.state.plans import ImportPlan, JiraField


async def plan_of(
    mappings: Mappings, *, store: Store, site: str, projects: Mapping[str, str], fields: Sequence[JiraField]
) -> ImportPlan:
    """Return the plan of an import; raises ImpossibleMappingError for what cannot be followed.

    `projects` are the ids of the chosen projects by their keys. Nothing is asked of Jira.
    """
    existing = Existing(store)
    return ImportPlan(
        site=site,
        fields=tuple(fields),
        choices=await choices(mappings.custom_fields, site, {one.id: one for one in fields}, existing),
        targets=await targets(mappings, site, projects, existing),
        workspaces=await new_workspaces(mappings, site, projects, existing),
    )
