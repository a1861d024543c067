"""Deterministic identity: the same Jira thing has the same `_id` in every run (design, rule 4)."""

import re
from typing import Any

from shared.kinds import EntityKind

_UNSAFE = re.compile(r"[^a-z0-9.-]+")
_NOBODY = "unknown"  # Cloud's account id of everybody whose account it cannot tell


def site_id(base_url: str) -> str:
    """Name a site by its canonical base URL, without the scheme: `acme.atlassian.net`, `host-8080-jira`."""
    return _UNSAFE.sub("-", base_url.lower().split("://", 1)[-1]).strip("-")


def entity_id(site: str, kind: EntityKind, jira_id: str) -> str:
    """Return `{site}:{kind}:{jira id}`; ids and never keys, since keys move."""
    return f"{site}:{kind.value}:{jira_id}"


def parts_of(document_id: str) -> tuple[str, str, str]:
    """Return site, kind and Jira's id; empty texts for what is no id of ours."""
    site, _, rest = document_id.partition(":")
    kind, _, id_ = rest.partition(":")
    return (site, kind, id_) if id_ else ("", "", "")


def field_id(site: str, jira_id: str) -> str:
    """Return the `_id` of a custom field that an import created: `{site}:field:{customfield_…}`."""
    return f"{site}:field:{jira_id}"


def key_id(site: str, key: str) -> str:
    """Return the `_id` under which an old key of an issue is found: `{site}:key:{key}`."""
    return f"{site}:key:{key}"


def user_id(user: Any) -> str | None:
    """Return what names a user of Jira for good: accountId on Cloud, key (else name) on Data Center."""
    if not isinstance(user, dict) or user.get("accountId") == _NOBODY:
        return None
    for member in ("accountId", "key", "name"):
        if isinstance(user.get(member), str) and user[member]:
            return str(user[member])
    return None


def project_run_id(import_id: str, project_key: str) -> str:
    """Return the `_id` of one project within one import."""
    return f"{import_id}/{project_key}"


def task_id(import_id: str, project_key: str, kind: str, ordinal: str) -> str:
    """Return `{import}/{project}/{kind}/{ordinal}`: repeating the parent task names the same children."""
    return f"{import_id}/{project_key}/{kind}/{ordinal}"
