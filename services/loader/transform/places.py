"""Projects and users."""

from services.loader.transform.context import Context
from services.loader.transform.fields import Payload, flag, person, text
from shared.contracts.events import EntityFetched
from shared.mongo import Document


def workspace(entity: EntityFetched, payload: Payload, _context: Context) -> Document:
    """Turn a project into a workspace."""
    key = text(payload, "key") or entity.project_key
    return {
        "jira_key": key,
        "name": text(payload, "name") or key,
        "description": text(payload, "description"),
        "lead_id": person(entity.site, payload, "lead"),
        "project_type": text(payload, "projectTypeKey"),
        "is_archived": flag(payload, "archived"),
    }


def user(_entity: EntityFetched, payload: Payload, _context: Context) -> Document:
    """Turn a user into a user; Cloud hides most e-mail addresses, Data Center has user names."""
    return {
        "account_id": text(payload, "accountId"),
        "username": text(payload, "name"),
        "display_name": text(payload, "displayName"),
        "email": text(payload, "emailAddress"),
        "active": flag(payload, "active"),
        "account_type": text(payload, "accountType"),
        "time_zone": text(payload, "timeZone"),
    }
