"""Projects and users."""

from services.loader.transform.fields import flag, person, text
from services.loader.transform.original import Original
from shared.mongo import Document
from shared.state.plans import NewWorkspace


def workspace(original: Original) -> Document:
    """Turn a project into a workspace."""
    payload = original.payload
    jira_key = text(payload, "key") or original.entity.project_key
    called = original.context.workspaces.get(original.entity.id, NewWorkspace())
    return {
        "jira_key": jira_key,
        "key": called.key or jira_key,
        "name": called.name or text(payload, "name") or jira_key,
        "description": text(payload, "description"),
        "lead_id": person(original.site, payload, "lead"),
        "project_type": text(payload, "projectTypeKey"),
        "is_archived": flag(payload, "archived"),
    }


def user(original: Original) -> Document:
    """Turn a user into a user; Cloud hides most e-mail addresses, Data Center has user names."""
    payload = original.payload
    return {
        "account_id": text(payload, "accountId"),
        "username": text(payload, "name"),
        "display_name": text(payload, "displayName"),
        "email": text(payload, "emailAddress"),
        "active": flag(payload, "active"),
        "account_type": text(payload, "accountType"),
        "time_zone": text(payload, "timeZone"),
    }
