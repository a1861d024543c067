"""Reads Markdown the way a reader sees it, by a library that is not ours."""

import re
from collections import Counter
from html.parser import HTMLParser

from markdown_it import MarkdownIt

_PARSER = MarkdownIt("commonmark", {"maxNesting": 100}).enable(["table", "strikethrough"])
_WORD = re.compile(r"[^\W_]+")
_VOID = frozenset({"br", "hr", "img", "input"})


class _Page(HTMLParser):
    """The visible text of a page; the text of images counts, since it stands where they do not load."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self.tags: Counter[str] = Counter()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        if tag in _VOID:
            self.pieces.append("\n")
        self.pieces.extend(value for name, value in attrs if name == "alt" and value)

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)


def html_of(markdown: str) -> str:
    return str(_PARSER.render(markdown)).strip()


def read_html(page: str) -> tuple[str, Counter[str]]:
    """Return the visible text of a page and how often each element stands in it."""
    reader = _Page()
    reader.feed(page)
    reader.close()
    return "".join(reader.pieces), reader.tags


def text_of(markdown: str) -> str:
    return read_html(html_of(markdown))[0]


def words_of(text: str) -> list[str]:
    return _WORD.findall(text)
