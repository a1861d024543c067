"""What Jira's field types hold, and which of Windshift's field types can take that."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from shared.jira.sprints import SPRINT_FIELD


class FieldType(StrEnum):
    """Windshift's types of custom fields that a value of Jira can go into."""

    TEXT = "text"
    TEXTAREA = "textarea"
    NUMBER = "number"
    DATE = "date"  # a day: YYYY-MM-DD
    SELECT = "select"  # the text of one option
    MULTISELECT = "multiselect"  # the texts of several
    USER = "user"  # the id of one user
    MILESTONE = "milestone"  # the id of one milestone


class Holds(StrEnum):
    """What the values of a field of Jira are."""

    LINE = "line"
    BODY = "body"  # a document (Cloud) or wiki markup
    NUMBER = "number"
    DATE = "date"
    MOMENT = "moment"
    OPTION = "option"
    OPTIONS = "options"
    CASCADE = "cascade"  # an option with another one below it
    PERSON = "person"
    PEOPLE = "people"
    GROUP = "group"
    GROUPS = "groups"
    VERSION = "version"
    VERSIONS = "versions"
    PROJECT = "project"
    LABELS = "labels"
    REQUEST_TYPE = "request_type"
    NAMED = "named"  # things that have a name: teams, organisations
    SPRINTS = "sprints"
    EPIC = "epic"
    RANK = "rank"
    UNKNOWN = "unknown"  # of an app that we know nothing of


_PLATFORM: Final = "com.atlassian.jira.plugin.system.customfieldtypes:"
_SOFTWARE: Final = "com.pyxis.greenhopper.jira:"
_PLANS: Final = "com.atlassian.jpo:jpo-custom-field-"
_SERVICE: Final = "com.atlassian.servicedesk:"

EPIC_FIELD: Final = f"{_SOFTWARE}gh-epic-link"
EPIC_NAME_FIELD: Final = f"{_SOFTWARE}gh-epic-label"
RANK_FIELD: Final = f"{_SOFTWARE}gh-lexo-rank"
# Type and name: the agile plug-in's flag is one of many fields of check boxes, and nothing else tells it.
FLAG_FIELD: Final = (f"{_PLATFORM}multicheckboxes", "Flagged")

_HOLDS: Final[Mapping[str, Holds]] = {
    f"{_PLATFORM}textfield": Holds.LINE,
    f"{_PLATFORM}readonlyfield": Holds.LINE,
    f"{_PLATFORM}url": Holds.LINE,
    f"{_PLATFORM}textarea": Holds.BODY,
    f"{_PLATFORM}float": Holds.NUMBER,
    f"{_PLATFORM}importid": Holds.NUMBER,
    f"{_PLATFORM}datepicker": Holds.DATE,
    f"{_PLATFORM}datetime": Holds.MOMENT,
    f"{_PLATFORM}select": Holds.OPTION,
    f"{_PLATFORM}radiobuttons": Holds.OPTION,
    f"{_PLATFORM}multiselect": Holds.OPTIONS,
    FLAG_FIELD[0]: Holds.OPTIONS,
    f"{_PLATFORM}cascadingselect": Holds.CASCADE,
    f"{_PLATFORM}labels": Holds.LABELS,
    f"{_PLATFORM}userpicker": Holds.PERSON,
    f"{_PLATFORM}people": Holds.PEOPLE,
    f"{_PLATFORM}multiuserpicker": Holds.PEOPLE,
    f"{_PLATFORM}grouppicker": Holds.GROUP,
    f"{_PLATFORM}multigrouppicker": Holds.GROUPS,
    f"{_PLATFORM}version": Holds.VERSION,
    f"{_PLATFORM}multiversion": Holds.VERSIONS,
    f"{_PLATFORM}project": Holds.PROJECT,
    f"{_PLATFORM}atlassian-team": Holds.NAMED,
    f"{_SOFTWARE}jsw-story-points": Holds.NUMBER,
    f"{_SOFTWARE}jsw-issue-color": Holds.LINE,
    EPIC_NAME_FIELD: Holds.LINE,
    f"{_SOFTWARE}gh-epic-color": Holds.LINE,
    f"{_SOFTWARE}gh-epic-status": Holds.OPTION,
    SPRINT_FIELD: Holds.SPRINTS,
    EPIC_FIELD: Holds.EPIC,
    RANK_FIELD: Holds.RANK,
    f"{_PLANS}baseline-start": Holds.DATE,
    f"{_PLANS}baseline-end": Holds.DATE,
    f"{_SERVICE}vp-origin": Holds.REQUEST_TYPE,
    f"{_SERVICE}sd-customer-organizations": Holds.NAMED,
    "com.atlassian.jira.ext.charting:firstresponsedate": Holds.MOMENT,
}

# Text takes everything, as people read it. The first type is the one of a field that is created.
_TEXTS: Final = (FieldType.TEXT, FieldType.TEXTAREA)
_FITTING: Final[Mapping[Holds, tuple[FieldType, ...]]] = {
    Holds.LINE: _TEXTS,
    Holds.BODY: (FieldType.TEXTAREA, FieldType.TEXT),
    Holds.NUMBER: (FieldType.NUMBER, *_TEXTS),
    Holds.DATE: (FieldType.DATE, *_TEXTS),
    Holds.MOMENT: (FieldType.DATE, *_TEXTS),
    Holds.OPTION: (FieldType.SELECT, FieldType.MULTISELECT, *_TEXTS),
    Holds.OPTIONS: (FieldType.MULTISELECT, *_TEXTS),
    Holds.CASCADE: (FieldType.TEXT, FieldType.TEXTAREA, FieldType.SELECT),
    Holds.PERSON: (FieldType.USER, *_TEXTS),
    Holds.PEOPLE: (*_TEXTS, FieldType.USER),
    Holds.GROUP: (*_TEXTS, FieldType.SELECT),
    Holds.GROUPS: (FieldType.MULTISELECT, *_TEXTS),
    Holds.VERSION: (FieldType.MILESTONE, *_TEXTS),
    Holds.VERSIONS: (FieldType.MULTISELECT, *_TEXTS, FieldType.MILESTONE),
    Holds.PROJECT: _TEXTS,
    Holds.LABELS: (FieldType.MULTISELECT, *_TEXTS),
    Holds.REQUEST_TYPE: (*_TEXTS, FieldType.SELECT),
    Holds.NAMED: _TEXTS,
    Holds.SPRINTS: (),  # these three have a place of their own in an item
    Holds.EPIC: (),
    Holds.RANK: (),
    Holds.UNKNOWN: (FieldType.TEXTAREA, FieldType.TEXT),
}


def holds(custom: str) -> Holds:
    """Tell what the values of a field are, by Jira's `schema.custom`; never by its name."""
    return _HOLDS.get(custom, Holds.UNKNOWN)


def fitting(custom: str) -> tuple[FieldType, ...]:
    """Return Windshift's types that can take the field, the best first; none for what is no custom field."""
    return _FITTING[holds(custom)]
