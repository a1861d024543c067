"""Links, mentions, attachments, images and bare URLs of wiki markup."""

import re
from collections.abc import Callable
from urllib.parse import unquote

from services.loader.convert.context import BodyContext
from services.loader.convert.mentions import mention
from services.loader.convert.runs import Run
from services.loader.convert.text import image, is_safe_target, link, link_target
from services.loader.convert.wiki.vocabulary import FILE_SUFFIXES, IMAGE_SUFFIXES, URL_SCHEMES

BRACKETED = re.compile(r"\[([^\[\]\n\x02]++)\]")
EMBEDDED = re.compile(r"!([^\s!|\x02](?:[^!\n|\x02]*[^\s!|\x02])?+)(\|[^!\n\x02]*+)?!(?![^\W_])")
ISSUE_KEY = re.compile(r"(?<![^\W_])[A-Z][A-Z0-9_]+-\d+(?![^\W_])")
_KEY_ONLY = re.compile(r"[A-Z][A-Z0-9_]+-\d+\Z")
_URL_TAIL = re.compile(r"[^\s|{}<>\"\\\x01-\x03]++")
_URL_TARGET = re.compile(rf"(?:(?:{'|'.join(URL_SCHEMES)})://|mailto:|//|\\\\)\S", re.IGNORECASE)
_SCHEME_BEFORE = re.compile(rf"(?<![^\W_])(?:{'|'.join(URL_SCHEMES)})\Z", re.IGNORECASE)
_TRAILING = ".,;:!?'*_~^+"
_CLOSERS = {")": "(", "]": "["}

Scan = Callable[[str], list[Run]]


def bracketed(content: str, context: BodyContext, scan: Scan) -> list[Run] | None:
    """Read what stood between brackets; None when Jira would show the brackets."""
    if content[0] == "~":
        return [mention(content[1:].split("|")[0].removeprefix("accountid:"), None, context)]
    label, bar, rest = content.partition("|")
    target = rest.split("|")[0].strip() if bar else content.strip()
    labelled = scan(label) if bar and label.strip() else None
    if target.startswith("^") and len(target) > 1:
        name = target[1:]
        return _linked(labelled or [Run(name)], context.attachment(name) or name)
    if target.startswith("#") and len(target) > 1:
        return _linked(labelled or [Run(target[1:])], target)
    if _KEY_ONLY.match(target):
        known = context.issue(target)
        return _linked(labelled or [Run(target)], known) if known else None
    if bar and target.startswith("~"):
        user = mention(target[1:].removeprefix("accountid:"), None, context)
        return [*scan(label), Run(" ("), user, Run(")")]
    if _URL_TARGET.match(target):
        return _linked(labelled or [Run(target.removeprefix("mailto:"))], target)
    anchor = target.partition("#")[2]
    if anchor and not bar:  # of another page, which Jira has not; it shows all of it as it was typed
        return _linked([Run(target)], f"#{anchor}")
    return None


def _linked(label: list[Run], target: str) -> list[Run]:
    if not is_safe_target(target) or target.startswith("\\\\"):
        text = "".join(run.text for run in label)
        return label if text == target else [*label, Run(f" ({target})")]
    return [run._replace(href=link_target(target)) for run in label]


def bare_url(text: str, colon: int, start: int) -> tuple[int, int] | None:
    """Find the URL around a colon: where its scheme begins (not before `start`) and where it ends."""
    if text.startswith("://", colon):
        scheme = _SCHEME_BEFORE.search(text, max(start, colon - 6), colon)
        begin = scheme.start() if scheme else -1
    else:
        begin = colon - 6 if text[max(start, colon - 6) : colon] == "mailto" else -1
        if begin > 0 and text[begin - 1].isalnum():
            begin = -1
    if begin < 0 or (begin and text[begin - 1].isalnum()):
        return None
    tail = _URL_TAIL.match(text, colon)
    end = _trimmed(text, colon, tail.end()) if tail else colon
    return (begin, end) if end > colon + (3 if text.startswith("://", colon) else 1) else None


def _trimmed(text: str, start: int, end: int) -> int:
    """Leave the punctuation of the sentence outside, and brackets that were opened outside."""
    surplus = {
        closer: text.count(closer, start, end) - text.count(opener, start, end)
        for closer, opener in _CLOSERS.items()
    }
    while end > start:
        last = text[end - 1]
        if surplus.get(last, 0) > 0:
            surplus[last] -= 1
        elif last not in _TRAILING:
            break
        end -= 1
    return end


def url_run(url: str) -> Run:
    return _linked([Run(url.removeprefix("mailto:"))], url)[0]


def embedded(name: str, attributes: str, context: BodyContext) -> Run | None:
    """Read `!name|attributes!`; None when it is an exclamation and no file."""
    path = name.partition("?")[0].lower()
    is_url = bool(_URL_TARGET.match(name))
    is_image = path.endswith(IMAGE_SUFFIXES) or bool(attributes) or is_url
    if not is_image and not path.endswith(FILE_SUFFIXES):
        return None
    target = name if is_url else context.attachment(name) or name
    if not is_safe_target(target):
        return None
    title = unquote(name.rpartition("/")[2]) if is_url else name
    write = link if path.endswith(FILE_SUFFIXES) else image
    return Run(write(title or name, target), verbatim=True)
