"""How a mention of a user is written, in both kinds of body."""

from services.loader.convert.context import BodyContext
from services.loader.convert.runs import Run


def mention(user: str, text: str | None, context: BodyContext) -> Run:
    """Write what the caller knows of the user, else the text that Jira stored, else the id."""
    user = user.strip()
    known = context.user(user) if user else None
    if known and known.startswith("["):
        return Run(known, verbatim=True)  # a link already
    name = known or text or user or "unknown"
    return Run(name if name.startswith("@") else f"@{name}")
