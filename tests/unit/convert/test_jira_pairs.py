"""What Jira itself rendered for wiki markup, against what our Markdown renders to.

Every visible character is compared with the elements around it. Normalised is only what Markdown lacks: marks
within code, superscript as an element, pictures for emoticons, insertions and citations (emphasis for both);
and percent signs in addresses.
"""

import json
import unicodedata
from difflib import SequenceMatcher
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from services.loader.convert import wiki_to_markdown
from services.loader.convert.wiki.vocabulary import EMOTICONS
from tests.unit.convert.reading import html_of, words_of

_PAIRS = Path(__file__).parents[4] / "shared" / "jira" / "markup" / "wiki-rendered-by-jira.ndjson"
_SAME = {"b": "strong", "i": "em", "ins": "em", "cite": "em", "del": "s", "tt": "code"}
_COUNTED = frozenset({"p", "strong", "em", "s", "code", "pre", "blockquote", "li", "th", "td"})
_LOST_IN_CODE = frozenset({"strong", "em", "s"})
_EMOTICON = "\u263a"

Character = tuple[str, frozenset[str]]


class _Characters(HTMLParser):
    """Lists the visible characters of a page, each with the elements around it."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Character] = []
        self._around: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "img":
            if attributes.get("class") == "emoticon":
                self.handle_data(_EMOTICON)
        elif tag not in ("br", "hr"):
            name = f"a {unquote(attributes.get('href') or '')}" if tag == "a" else _SAME.get(tag, tag)
            self._around.append((tag, name))

    def handle_endtag(self, tag: str) -> None:
        while self._around and self._around.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        around = {name for _, name in self._around if name in _COUNTED or name.startswith("a ")}
        if "code" in around:
            around -= _LOST_IN_CODE
        for picture in sorted(set(EMOTICONS.values()), key=len, reverse=True):
            data = data.replace(picture, _EMOTICON)
        text = unicodedata.normalize("NFKC", data)
        self.found.extend((letter, frozenset(around)) for letter in text if not letter.isspace())


def _characters(page: str) -> list[Character]:
    reader = _Characters()
    reader.feed(page)
    reader.close()
    return reader.found


def _text(characters: list[Character]) -> str:
    return "".join(letter for letter, _ in characters)


def _agreeing(theirs: list[Character], ours: list[Character]) -> int:
    matcher = SequenceMatcher(None, _text(theirs), _text(ours), autojunk=False)
    return sum(
        theirs[block.a + offset] == ours[block.b + offset]
        for block in matcher.get_matching_blocks()
        for offset in range(block.size)
    )


@pytest.mark.skipif(not _PAIRS.exists(), reason="the captured renderings are not in this checkout")
def test_reads_as_jira_rendered_it(capsys: pytest.CaptureFixture[str]) -> None:
    scores: list[float] = []
    lost: list[str] = []
    unlike: list[str] = []
    for line in _PAIRS.read_text(encoding="utf-8").splitlines():
        pair = json.loads(line)
        theirs = _characters(pair["rendered_html"])
        ours = _characters(html_of(wiki_to_markdown(pair["input"])))
        scores.append(_agreeing(theirs, ours) / max(len(theirs), len(ours)))
        if scores[-1] < 1:
            unlike.append(pair["name"])
        lost.extend(word for word in words_of(_text(theirs)) if word not in _text(ours))
    score = sum(scores) / len(scores)
    with capsys.disabled():
        print(f"\n{len(scores)} pairs: structure {score:.2%}, words lost: {lost}, unlike: {unlike}")  # noqa: T201
    assert not lost
    assert score >= 0.985
