"""Nodes that stand for something else than text: people, days, states, links, files."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

from services.loader.convert.adf.emoji import CHARACTERS
from services.loader.convert.adf.nodes import attribute
from services.loader.convert.context import BodyContext
from services.loader.convert.mentions import mention
from services.loader.convert.runs import CODE, EM, Run
from services.loader.convert.text import clean, image, is_safe_target, link, link_target

_BROWSE = re.compile(r"https?://[^\s?#]+/browse/([A-Z][A-Z0-9_]+-\d+)/?\Z")
_MILLISECONDS = re.compile(r"-?\d{1,14}\Z")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NOT_IMAGES = re.compile(r"\.(?!png|jpe?g|gif|bmp|svg|webp|tiff?|ico|heic)[a-z0-9]{1,5}\Z", re.IGNORECASE)


def mention_run(node: Any, context: BodyContext) -> Run:
    return mention(attribute(node, "id"), attribute(node, "text"), context)


def emoji_run(node: Any) -> Run:
    text, name = attribute(node, "text"), attribute(node, "shortName")
    if text and not text.startswith(":"):
        return Run(text)
    return Run(CHARACTERS.get(name, name or text))


def date_run(node: Any) -> Run:
    stamp = attribute(node, "timestamp")
    if not _MILLISECONDS.match(stamp):
        return Run(stamp)
    try:
        return Run((_EPOCH + timedelta(milliseconds=int(stamp))).date().isoformat())
    except OverflowError:
        return Run(stamp)


def status_run(node: Any) -> Run:
    return Run(attribute(node, "text"), frozenset({CODE}))


def card_runs(node: Any, context: BodyContext) -> list[Run]:
    """Write a smart link by its address; a list of issues by its query."""
    attributes = node.get("attrs") if isinstance(node, dict) else None
    attributes = attributes if isinstance(attributes, dict) else {}
    data = attributes.get("data")
    data = data if isinstance(data, dict) else {}
    stored = (clean(data[key]) for key in ("url", "@id") if _is_text(data, key))
    url = attribute(node, "url") or next(stored, "")
    name = clean(data["name"]) if _is_text(data, "name") else ""
    if url:
        return link_runs([Run(name or _shown(url))], _resolved(url, context))
    if name:
        return [Run(name)]
    return [*note("issue list"), *_query(attributes)]


def _is_text(data: dict[str, Any], key: str) -> bool:
    return isinstance(data.get(key), str) and bool(data[key].strip())


def _query(attributes: dict[str, Any]) -> list[Run]:
    source = attributes.get("datasource")
    parameters = source.get("parameters") if isinstance(source, dict) else None
    jql = parameters.get("jql") if isinstance(parameters, dict) else None
    if isinstance(jql, str) and jql.strip():
        return [Run(" "), Run(clean(jql), frozenset({CODE}))]
    return []


def _shown(url: str) -> str:
    """The key of an issue says more than its address."""
    browsed = _BROWSE.match(url)
    return browsed[1] if browsed else url


def _resolved(url: str, context: BodyContext) -> str:
    browsed = _BROWSE.match(url)
    return (context.issue(browsed[1]) if browsed else None) or url


def link_runs(label: list[Run], target: str) -> list[Run]:
    if is_safe_target(target):
        finished = link_target(target)
        return [run if run.verbatim and run.text[:1] == "[" else run._replace(href=finished) for run in label]
    text = "".join(run.text for run in label)
    return label if not target.strip() or text == target else [*label, Run(f" ({target})")]


def media_run(node: Any, context: BodyContext) -> Run:
    """Write a file by its name; one that only has a media id is called as the caller's address of it ends."""
    name, media_id, url = attribute(node, "alt"), attribute(node, "id"), attribute(node, "url")
    found = context.media(media_id, name)
    target = found or url or name or media_id
    label = name or (unquote(found.rpartition("/")[2]) if found else media_id or url)
    if not is_safe_target(target):
        return Run(label)
    is_file = bool(_NOT_IMAGES.search(label)) or attribute(node, "type") == "link"
    write = link if is_file else image
    return Run(write(label, target), verbatim=True)


def note(text: str) -> list[Run]:
    """Say that something stands here which has no text of its own."""
    return [Run(f"[{text}]", frozenset({EM}))]


def extension_runs(node: Any) -> list[Run]:
    """An app's macro: the text it left for readers without it, else its name and settings."""
    text = attribute(node, "text")
    if text:
        return [Run(text)]
    key = attribute(node, "extensionKey") or "extension"
    attributes = node.get("attrs") if isinstance(node, dict) else None
    parameters = attributes.get("parameters") if isinstance(attributes, dict) else None
    title = parameters.get("extensionTitle") if isinstance(parameters, dict) else None
    return note(f"{title if isinstance(title, str) else 'macro'}: {clean(key)}")
