"""All real comments and descriptions: none raises, and no word that Jira shows is lost."""

import gzip
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

from services.loader.convert import wiki_to_markdown
from tests.unit.convert.reading import text_of, words_of

_DATA = Path(__file__).parents[4] / "shared" / "jira" / "data"
_FILES = sorted(_DATA.glob("*.ndjson.gz"))

# What stands in the source and not on Jira's page: the names and settings of macros, images and links.
_UNSEEN = re.compile(
    r"\{(?:code|noformat|html|panel|quote|color|info|note|tip|warning|anchor|section|column)(?::[^{}\n]*)?\}"
    r"|\[~accountid:"
    r"|^[ \t]*(?:h[1-6]|bq)\."
    r"|\|[^|!\n]*!"  # settings of an image
    r"|\|[^|\]\n]*\|[^|\]\n]*(?=\])"  # address and tip of a link
    r"|&(?:#\w+|\w+);"
    r"|\(\*?(?:[yn]|x|i|on|off|[rgb]|flag(?:off)?)\)|:-?[PD](?!\w)",
    re.MULTILINE,
)
_ADDRESS = re.compile(r"\]\(([^)]*)")

pytestmark = pytest.mark.skipif(not _FILES, reason="the real issues are not in this checkout")


def _bodies() -> Iterator[tuple[str, str]]:
    for file in _FILES:
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            for line in lines:
                issue = json.loads(line)
                fields = issue["fields"]
                yield f"{issue['key']} description", fields.get("description") or ""
                for comment in (fields.get("comment") or {}).get("comments", ()):
                    yield f"{issue['key']} comment {comment['id']}", comment.get("body") or ""


def _lost(source: str, shown: str) -> list[str]:
    # Addresses have percent signs where the source has other characters; superscript letters are letters.
    shown = unicodedata.normalize("NFKC", shown)
    kept = Counter(words_of(shown)) | Counter(words_of(unquote(shown)))
    said = unicodedata.normalize("NFKC", _UNSEEN.sub(" ", source))
    missing = Counter(words_of(said)) - kept
    # Words that markup alone kept apart stand side by side, as in Jira: `__a__b__`, `[~kim]hello`.
    return [word for word in missing if shown.count(word) < said.count(word)]


def test_no_word_is_lost(capsys: pytest.CaptureFixture[str]) -> None:
    bodies = words = 0
    losses: dict[str, list[str]] = {}
    for name, source in _bodies():
        lost = _lost(source, wiki_to_markdown(source))
        bodies += 1
        words += source.count(" ")
        if lost:
            losses[name] = lost
    with capsys.disabled():
        print(f"\n{bodies} real bodies, {words} words: {len(losses)} lose some")  # noqa: T201
    assert not losses


def test_a_sample_reads_the_same_after_rendering() -> None:
    for number, (name, source) in enumerate(_bodies()):
        if number % 40:
            continue
        markdown = wiki_to_markdown(source)
        # The addresses of links are in the Markdown and not on the page.
        addresses = " ".join(_ADDRESS.findall(markdown))
        assert not _lost(source, f"{text_of(markdown)} {addresses}"), name
