"""What an import of some projects would bring: counts and samples, in two seconds for any size."""

from collections.abc import Iterable

from services.connector.analysis import options
from services.connector.analysis.catalog import issue_types, statuses
from services.connector.analysis.fields import analyzed_fields
from services.connector.analysis.look import Looked, look_into
from services.connector.analysis.sample import Fields, Sample, sampled
from services.connector.analysis.suggestions import suggestions
from services.connector.analysis.users import email_of, people, users
from services.connector.analysis.workspaces import free_keys
from services.connector.context import Context
from services.connector.counts import issue_counts
from services.connector.mappings.existing import Existing
from services.connector.schemas.projects import AnalyzeAnswer, AnalyzedProject, AnalyzeRequest, Sampled
from shared.field_types import Holds, holds
from shared.jira.client import JiraClient
from shared.jira.endpoints import FIELDS
from shared.state.connections import Connection
from shared.state.plans import JiraField, custom_fields
from shared.together import together


async def analyze(request: AnalyzeRequest, connection: Connection, context: Context) -> AnalyzeAnswer:
    """Return what the projects hold; those that Jira does not show are left out, as the wizard expects."""
    keys = list(dict.fromkeys(request.project_keys))
    open_only, deployment = request.open_issues_only, connection.deployment
    async with context.access.of(connection) as client:
        look, listed, counts, issues = await together(
            look_into(client, keys),
            client.get(FIELDS),
            issue_counts(client, deployment, keys, open_only=open_only),
            sampled(client, deployment, keys, open_only=open_only),
        )
        fields = custom_fields(listed)
        sample = Sample(issues, {one.key: counts.get(one.key, 0) for one in look.projects})
        offered = await _options(client, connection, fields, sample)
    seen = people(sample)
    known = await suggestions(context.store, connection.site, map(email_of, seen.values()))
    projects = {one.key: one.id for one in look.projects}
    free = await free_keys(projects, connection.site, Existing(context.store))
    return AnalyzeAnswer(
        projects=[_project(one, fields, sample, free[one.key]) for one in look.projects],
        issue_types=issue_types(look, sample, known),
        statuses=statuses(look, sample, known),
        custom_fields=analyzed_fields(
            fields,
            usage=sample.usage(_filled),
            options=offered,
            suggestions=known.for_fields(fields),
        ),
        users=users(seen, known) or None,
        versions=[version for one in look.projects for version in one.versions] or None,
        total_issues=sample.total,
        total_assets=0,
        open_issues_only=open_only,
        sample=Sampled(issues=sample.size, of=sample.total, exact=sample.exact),
    )


async def _options(
    client: JiraClient, connection: Connection, fields: Iterable[JiraField], sample: Sample
) -> dict[str, options.Options]:
    """Ask for the options of the fields that are used most; of the others, what the sample has."""
    choosable = options.with_options(fields)
    usage = sample.usage(_filled)
    used = [field for field in choosable if usage(field.id).found]
    used.sort(key=lambda field: -usage(field.id).found)
    return options.seen(sample, choosable) | await options.read(client, connection.deployment, used)


def _filled(fields: Fields) -> Iterable[str]:
    return (name for name, value in fields.items() if value is not None and value not in ("", []))


def _project(one: Looked, fields: Iterable[JiraField], sample: Sample, free_key: str) -> AnalyzedProject:
    sprints = [field.id for field in fields if holds(field.custom) is Holds.SPRINTS]
    in_sprint = any(issue.get(name) for issue in sample.issues.get(one.key, ()) for name in sprints)
    return AnalyzedProject(
        key=one.key,
        name=one.name,
        issue_count=sample.counts[one.key],
        issue_types=one.issue_types,
        has_versions=bool(one.versions),
        version_count=len(one.versions),
        has_sprints=one.scrum or in_sprint,
        workspace_key_collision=free_key != one.key,
        suggested_workspace_key=free_key,
    )
