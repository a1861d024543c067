"""What a transform may ask about the import of its record; made once per import, never per record."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Self

from services.loader.transform.values import Reader, exact_reader, reader
from shared.field_types import FLAG_FIELD, FieldType, Holds, fitting, holds
from shared.ids import field_id
from shared.kinds import ConflictPolicy
from shared.state.imports import Import
from shared.state.plans import FieldChoice, ImportPlan, JiraField, NewWorkspace, Target

CHOICES: Final = frozenset({FieldType.SELECT, FieldType.MULTISELECT})


class FieldRule(NamedTuple):
    """What becomes of the values of one custom field."""

    jira: JiraField
    key: str  # id of the field in Windshift, under which an item has its value
    type: FieldType
    read: Reader
    exact: Reader | None = None  # of what the field has no room for
    options: frozenset[str] = frozenset()  # that an existing field offers; none: it takes any
    created: bool = True  # by an import; False: it was there before


@dataclass(frozen=True, slots=True)
class Context:
    """What is known of an import: the site's custom fields, and what the admin decided."""

    ids_by_type: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # `schema.custom` → field ids
    flags: frozenset[str] = frozenset()  # ids of the field with which an issue is flagged
    rules: Mapping[str, FieldRule | None] = field(default_factory=dict)  # by Jira's id; None: left out
    by_key: Mapping[str, FieldRule] = field(default_factory=dict)  # by the field's id in Windshift
    choices: frozenset[str] = frozenset()  # of those, the ones whose options are collected
    targets: Mapping[str, Target] = field(default_factory=dict)  # see ImportPlan
    workspaces: Mapping[str, NewWorkspace] = field(default_factory=dict)
    revision: int = 1  # of the plan that all this is from
    instance_url: str = ""  # of Jira, as people see it; without a trailing slash
    policy: ConflictPolicy = ConflictPolicy.KEEP_WINDSHIFT
    dry_run: bool = False  # nothing is written
    # What this process has defined so far, with the options that it knows of: see `definitions`.
    defined: dict[str, set[str]] = field(default_factory=dict, compare=False)

    @classmethod
    def of(cls, plan: ImportPlan, import_: Import | None = None) -> Self:
        """Prepare the look-ups of an import."""
        rules = {one.id: _rule(plan.site, one, plan.choices.get(one.id)) for one in plan.fields}
        by_key = {rule.key: rule for rule in rules.values() if rule is not None}
        return cls(
            ids_by_type=_by_type(plan.fields),
            flags=frozenset(one.id for one in plan.fields if (one.custom, one.name) == FLAG_FIELD),
            rules=rules,
            by_key=by_key,
            choices=frozenset(key for key, rule in by_key.items() if rule.created and rule.type in CHOICES),
            targets=plan.targets,
            workspaces=plan.workspaces,
            revision=plan.revision,
            **({} if import_ is None else _manner(import_)),
        )


def _manner(import_: Import) -> dict[str, Any]:
    return {
        "instance_url": import_.instance_url,
        "policy": import_.conflict_policy,
        "dry_run": import_.dry_run,
    }


def unlisted(site: str, jira_id: str) -> FieldRule:
    """Return the rule of a field that Jira's list did not have: what it holds, as text."""
    type_ = FieldType.TEXTAREA
    jira = JiraField(id=jira_id, name=jira_id)
    return FieldRule(jira, field_id(site, jira_id), type_, reader(Holds.UNKNOWN, type_))


def _rule(site: str, jira: JiraField, choice: FieldChoice | None) -> FieldRule | None:
    """Return None for what is left out, and for what has another place in an item: sprints, epic, rank."""
    types = fitting(jira.custom)
    if not types or (choice is not None and choice.action == "skip"):
        return None
    type_ = types[0] if choice is None else choice.type
    held = holds(jira.custom)
    read, exact = reader(held, type_), exact_reader(held, type_)
    if choice is None or choice.action == "create":
        return FieldRule(jira, field_id(site, jira.id), type_, read, exact)
    options = frozenset(choice.options)
    return FieldRule(jira, str(choice.target), type_, read, exact, options, created=False)


def _by_type(fields: Iterable[JiraField]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for one in fields:
        found[one.custom] = (*found.get(one.custom, ()), one.id)
    return found


EMPTY = Context()
