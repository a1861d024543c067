"""Where the connector answers otherwise than Windshift's importer, on purpose; nowhere else may it differ."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Difference:
    """What the connector answers to a captured request, and why. No status: the route is not served by it."""

    why: str
    status: int | None = None
    code: str | None = None


_NEVER_401 = "401 logs the admin out of Windshift; 422 shows Jira's words and what to do"
_GATEWAY = "a token with scopes is tried at Atlassian's gateway, and works there"

ANSWERS: Final = {
    "connect-cloud-bad-credentials": Difference(_NEVER_401, 422, "cloud_token_refused"),
    "connect-datacenter-bad-credentials": Difference(_NEVER_401, 422, "basic_refused"),
    "connect-cloud-scoped-token-at-site": Difference(_GATEWAY, 200),
    "connect-cloud-scoped-no-read-me": Difference(_NEVER_401, 422, "scope_missing_read_jira_user"),
    "connect-cloud-forbidden": Difference(_NEVER_401, 422, "cloud_token_refused"),
    "connect-unreachable": Difference(_NEVER_401, 422, "unreachable"),
    "connect-cloud-empty-user-ok": Difference(
        "nothing later in the wizard would say that no project is visible", 422, "no_projects_visible"
    ),
    "projects-empty-list": Difference("there is no such connection: connect refused it", 404, "NOT_FOUND"),
    "projects-unknown-connection": Difference("it is the caller's mistake, not ours", 404, "NOT_FOUND"),
    "projects-undecryptable-token": Difference(
        "says what to do instead of an internal error", 422, "credential_unreadable"
    ),
    "analyze-unknown-connection": Difference("it is the caller's mistake, not ours", 404, "NOT_FOUND"),
    "start-unknown-connection": Difference("the wizard shows the reason of a failed job only", 200),
    "assets-types": Difference("an empty list, as for `assets`: assets are not imported", 200),
    "delete-connection": Difference("it is the connection that connect refused above", 404, "NOT_FOUND"),
    "attachment-settings-status": Difference("a route of Windshift itself"),
    "delete-job-data": Difference(
        "not called by the wizard, and Windshift's own deletes workspaces that it did not create"
    ),
    "job-after-delete-data": Difference("follows delete-job-data"),
    "jobs-list-after-delete": Difference("follows delete-job-data"),
    "no-csrf-header": Difference(
        "only browsers send that header; one that tells of another site is refused as by Windshift", 200
    ),
    "start-rate-limited": Difference("a start costs three requests to Jira; a limit belongs in the proxy"),
}

# Words of `status` that differ, by the name of the request.
STATUS_WORDS: Final = {
    "job-unknown-project-after": ("failed", "an import of nothing is no success"),
    "job-cloud-early": ("queued", "the fetchers have not begun yet"),
    "job-datacenter-early": ("queued", "the fetchers have not begun yet"),
}

# Members beside the captured ones; every other new member fails the test.
ADDITIONS: Final = {
    "state": "the full truth beside the wizard's words: paused, cancelled, completed_with_errors",
    "projects": "progress by project, for Admin > Imports",
    "waiting_for": "what holds a job up most",
    "eta_seconds": "how long the rest of a job takes",
    "project_keys": "which projects a job is about",
    "team_managed": "the truth beside is_team_managed, which is false so that the wizard offers the project",
    "notices": "what works only in part, such as boards that cannot be read",
    "details": "Jira's message and our hint, apart from each other",
    "sample": "how many issues the analysis has looked at, of how many",
    "usage": "how many issues use a type, a status, a field",
    "suggestion": "what is in Windshift already and could stand for it, with the reason",
    "possible_types": "Windshift's field types that can take the field",
    "options_from": "whether `options` are Jira's own list or what a sample has",
    "contexts": "where a field's options are from",
    "workspace_key_collision": "whether Windshift has a workspace of the project's key already",
    "suggested_workspace_key": "a key that no workspace has",
    "project_id": "of a team-managed project's own field",
}
# Members that the wizard knows and that an answer may have or not.
OPTIONAL: Final = frozenset(
    {
        "phase",
        "progress",
        "error_message",
        "started_at",
        "completed_at",
        "last_used_at",
        "avatar_url",
        "notes",
        "options",
    }
    | {"release_date", "current_project", "instance_url", "instance_name"}
)
