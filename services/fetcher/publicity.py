"""Which comments of a service project its customers may not read.

Cloud says so in each comment (`jsdPublic`). Data Center does not: there a property of the comment does,
`sd.public.comment` (`{"internal": true}`), and only the list of comments gives it, with `expand=properties`
(pycontribs/jira#1011). A comment without that property is public, as service projects treat it.
"""

from collections.abc import Mapping
from typing import Any, Final

from shared.jira.entries import Json, embedded, objects, truncated

EXPAND: Final = "properties"
_PROPERTY: Final = "sd.public.comment"
_SERVICE: Final = "service_desk"


def is_untold(fields: Json) -> bool:
    """Tell whether the comments inside an issue of a service project do not say who may read them."""
    project = fields.get("project")
    if not isinstance(project, Mapping) or project.get("projectTypeKey") != _SERVICE:
        return False
    shown = embedded(fields, "comment")
    return any("jsdPublic" not in comment for comment in shown) if shown else truncated(fields, "comment")


def told(comment: Json) -> Json:
    """Return a comment that says it as Cloud's do; where nothing can be understood, it is not public."""
    return comment if "jsdPublic" in comment else {**comment, "jsdPublic": _is_public(comment)}


def _is_public(comment: Json) -> bool:
    properties = comment.get("properties")
    if not isinstance(properties, list):
        return False
    values: list[Any] = [one.get("value") for one in objects(properties) if one.get("key") == _PROPERTY]
    return all(isinstance(value, Mapping) and value.get("internal") is False for value in values)
