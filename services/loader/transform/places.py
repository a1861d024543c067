"""Projects and users."""

import re
from hashlib import blake2b
from typing import Final

from services.loader.transform.fields import flag, label_of, text, texts, who
from services.loader.transform.original import Original
from shared.ids import entity_id
from shared.mongo import Document
from shared.state.plans import NewWorkspace

_LONGEST_USERNAME: Final = 32  # of Windshift, which wants at least 3
_DIGEST_BYTES: Final = 6
_UNUSABLE: Final = re.compile(r"[^a-z0-9]+")


def workspace(original: Original) -> Document:
    """Turn a project into a workspace."""
    payload = original.payload
    jira_key = text(payload, "key") or original.entity.project_key
    called = original.context.workspaces.get(original.entity.id, NewWorkspace())
    return {
        "jira_key": jira_key,
        "former_keys": [key for key in texts(payload, "projectKeys") if key != jira_key],
        "key": called.key or jira_key,
        "name": called.name or text(payload, "name") or jira_key,
        "description": text(payload, "description"),
        **who(original.site, payload, "lead"),
        "category": label_of(payload, "projectCategory"),
        "project_type": text(payload, "projectTypeKey"),
        "is_team_managed": text(payload, "style") == "next-gen",
        "is_archived": flag(payload, "archived"),
    }


def user(original: Original) -> Document:
    """Turn a user into a user, one for each account: accounts are never told to be the same by their names.

    Jira gives few e-mail addresses and no user names (Cloud), or addresses that two accounts share (Data
    Center). Windshift wants one of each for everybody: the synthetic ones are made of the account's id alone,
    so that they are unique and stay as they are whatever the account is called.
    """
    payload = original.payload
    username = _synthetic_username(original)
    return {
        "account_id": text(payload, "accountId"),
        "username": text(payload, "name"),
        "display_name": text(payload, "displayName"),
        "email": text(payload, "emailAddress"),
        "synthetic_username": username,
        "synthetic_email": f"{username}@imported.invalid",
        "active": flag(payload, "active"),
        "account_type": text(payload, "accountType"),
        "time_zone": text(payload, "timeZone"),
    }


def _synthetic_username(original: Original) -> str:
    """Begin with what is readable of the id, and tell ids apart by a digest, across sites too."""
    entity = original.entity
    identity = entity_id(entity.site, entity.kind, entity.id)
    digest = blake2b(identity.encode(errors="replace"), digest_size=_DIGEST_BYTES).hexdigest()
    readable = _UNUSABLE.sub("-", entity.id.lower()).strip("-")[: _LONGEST_USERNAME - len(digest) - 1]
    return f"{readable}-{digest}".lstrip("-")
