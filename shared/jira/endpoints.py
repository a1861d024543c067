"""The allow-list: every (method, path template) that may ever be asked of Jira. All of them only read."""

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final
from urllib.parse import quote

from shared.errors import PermanentError

_KEY: Final = "[A-Za-z0-9_-]+"  # ids, and keys of projects and issues: nothing that a server decodes
_VALUES: Final = {
    "api": "[23]",
    # Any name, except one that a server might take for a step in the path.
    "filename": r"(?!\.{1,2}\Z)(?:(?!%2[fF]|%5[cC]|%00|%2[eE])[^/\\?#])+",
}


@dataclass(frozen=True)
class Endpoint:
    """One route; `{api}` in the template is 3 on Cloud and 2 on Data Center."""

    method: str
    template: str

    def __str__(self) -> str:
        return f"{self.method} {self.template}"

    def path(self, *, api: str, **values: str) -> str:
        """Fill the template in; values are percent-encoded, and `pattern` refuses what changes a route."""
        return self.template.format(
            api=api, **{name: quote(value, safe="") for name, value in values.items()}
        )

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What a path of this route looks like."""
        parts = re.split(r"\{(\w+)\}", self.template)
        for index, part in enumerate(parts):
            parts[index] = _VALUES.get(part, _KEY) if index % 2 else re.escape(part)
        return re.compile("".join(parts) + r"\Z")


SERVER_INFO: Final = Endpoint("GET", "/rest/api/2/serverInfo")
TENANT_INFO: Final = Endpoint("GET", "/_edge/tenant_info")
MYSELF: Final = Endpoint("GET", "/rest/api/{api}/myself")
FIELDS: Final = Endpoint("GET", "/rest/api/{api}/field")
PRIORITIES: Final = Endpoint("GET", "/rest/api/{api}/priority")
RESOLUTIONS: Final = Endpoint("GET", "/rest/api/{api}/resolution")
LINK_TYPES: Final = Endpoint("GET", "/rest/api/{api}/issueLinkType")
PROJECT: Final = Endpoint("GET", "/rest/api/{api}/project/{project}")
PROJECT_STATUSES: Final = Endpoint("GET", "/rest/api/{api}/project/{project}/statuses")
PROJECT_VERSIONS: Final = Endpoint("GET", "/rest/api/{api}/project/{project}/versions")
PROJECT_COMPONENTS: Final = Endpoint("GET", "/rest/api/{api}/project/{project}/components")
SECURITY_LEVELS: Final = Endpoint("GET", "/rest/api/{api}/project/{project}/securitylevel")
ISSUE: Final = Endpoint("GET", "/rest/api/{api}/issue/{issue}")
COMMENTS: Final = Endpoint("GET", "/rest/api/{api}/issue/{issue}/comment")
WORKLOGS: Final = Endpoint("GET", "/rest/api/{api}/issue/{issue}/worklog")
REMOTE_LINKS: Final = Endpoint("GET", "/rest/api/{api}/issue/{issue}/remotelink")
WATCHERS: Final = Endpoint("GET", "/rest/api/{api}/issue/{issue}/watchers")
VOTES: Final = Endpoint("GET", "/rest/api/{api}/issue/{issue}/votes")
BOARDS: Final = Endpoint("GET", "/rest/agile/1.0/board")
BOARD_SPRINTS: Final = Endpoint("GET", "/rest/agile/1.0/board/{board}/sprint")

CLOUD_PROJECT_SEARCH: Final = Endpoint("GET", "/rest/api/3/project/search")
CLOUD_SEARCH: Final = Endpoint("POST", "/rest/api/3/search/jql")
CLOUD_COUNT: Final = Endpoint("POST", "/rest/api/3/search/approximate-count")
CLOUD_BULK_FETCH: Final = Endpoint("POST", "/rest/api/3/issue/bulkfetch")
CLOUD_CHANGELOGS: Final = Endpoint("POST", "/rest/api/3/changelog/bulkfetch")
CLOUD_CHANGELOG: Final = Endpoint("GET", "/rest/api/3/issue/{issue}/changelog")
CLOUD_FIELD_CONTEXTS: Final = Endpoint("GET", "/rest/api/3/field/{field}/context")
CLOUD_FIELD_OPTIONS: Final = Endpoint("GET", "/rest/api/3/field/{field}/context/{context}/option")
CLOUD_ATTACHMENT: Final = Endpoint("GET", "/rest/api/3/attachment/content/{attachment}")

DC_PROJECTS: Final = Endpoint("GET", "/rest/api/2/project")
DC_SEARCH: Final = Endpoint("POST", "/rest/api/2/search")
DC_FIELD_OPTIONS: Final = Endpoint("GET", "/rest/api/2/customFields/{field}/options")
DC_ATTACHMENT: Final = Endpoint("GET", "/secure/attachment/{attachment}/{filename}")

ALLOWED: Final = frozenset(value for value in list(globals().values()) if isinstance(value, Endpoint))


class ReadOnlyViolationError(PermanentError):
    """Something asked for a route that is not on the allow-list; nothing left the process."""


def ensure_allowed(method: str, path: str) -> None:
    """Raise ReadOnlyViolationError unless (method, path) is on the allow-list."""
    if any(endpoint.method == method and endpoint.pattern.match(path) for endpoint in ALLOWED):
        return
    raise ReadOnlyViolationError(
        f"{method} {path} is not on the list of Jira routes that this importer may use; nothing was sent."
    )
