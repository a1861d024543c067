"""The people of the sampled issues, and whom of them Windshift knows."""

from collections.abc import Mapping
from typing import Any

from services.connector.analysis.sample import Sample
from services.connector.analysis.suggestions import Suggestions
from services.connector.schemas.projects import AnalyzedUser
from shared.ids import user_id


def people(sample: Sample) -> dict[str, Mapping[str, Any]]:
    """Return the people of a sample by what names them for good in Jira."""
    return {id_: user for user in sample.people() if (id_ := user_id(user)) is not None}


def email_of(user: Mapping[str, Any]) -> str:
    """Return the e-mail address of a user; most of Cloud's users hide it."""
    return str(user.get("emailAddress") or "")


def users(found: Mapping[str, Mapping[str, Any]], known: Suggestions) -> list[AnalyzedUser]:
    """Describe people; a match is one of the e-mail address, never of the name."""
    return [_user(id_, user, known) for id_, user in found.items()]


def _user(id_: str, user: Mapping[str, Any], known: Suggestions) -> AnalyzedUser:
    match = known.for_user(email_of(user))
    number = match.windshift_id if match else None
    return AnalyzedUser(
        account_id=id_,
        email=email_of(user),
        display_name=str(user.get("displayName") or ""),
        avatar_url=str((user.get("avatarUrls") or {}).get("48x48") or ""),
        matched_user_id=number if isinstance(number, int) else None,
        suggestion=match,
    )
