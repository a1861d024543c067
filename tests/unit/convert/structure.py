"""Reads HTML that Jira rendered, and Markdown that we wrote, as the same kind of list.

A list holds block events (`h2`, `li`, `code:…`, `br`) and tokens: a word or a punctuation mark with what it
wears (`strong`, `link:…`). The order in which marks nest is not looked at, since `<tt><b>x</b></tt>` and
`<b><tt>x</tt></b>` look alike. Normalised, because Markdown has no equal: `cite` and `ins` count as emphasis,
superscript letters as superscript, an emoticon's picture as its character, `b` as `strong`, `tt` as `code`;
white space and the empty header row that GFM demands do not count.
"""

import html.parser
import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token

PARSER = MarkdownIt("commonmark", {"maxNesting": 100}).enable(["table", "strikethrough"])

Unit = tuple[str, frozenset[str]]

_TOKEN = re.compile(r"[^\W_]+|[^\s\u200b\ufe0f]")
_SCRIPTS = {"<super>": "sup", "<sub>": "sub"}
_INLINE_TAGS = {
    "b": "strong",
    "strong": "strong",
    "em": "em",
    "i": "em",
    "cite": "em",
    "ins": "em",
    "del": "strike",
    "tt": "code",
    "sup": "sup",
    "sub": "sub",
}
_BLOCK_TAGS = {
    **dict.fromkeys(("p", "ul", "ol", "li", "blockquote", "table", "tr", "th", "td", "hr", "br")),
    **{f"h{level}": None for level in range(1, 7)},
}
# The file names of Jira's pictures.
EMOTICONS = {
    "check": "✅",
    "error": "❌",
    "flag": "🚩",
    "forbidden": "⛔",
    "help_16": "❓",
    "lightbulb": "💡",
    "lightbulb_on": "💡",
    "smile": "🙂",
    "star_green": "🟢",
    "star_yellow": "⭐",
    "thumbs_down": "👎",
    "thumbs_up": "👍",
    "tongue": "😛",
    "wink": "😉",
    "sad": "🙁",
    "biggrin": "😀",
    "information": "ℹ",  # noqa: RUF001
    "warning": "⚠",
    "add": "➕",  # noqa: RUF001
}


@dataclass
class Structure:
    units: list[Unit] = field(default_factory=list)

    def block(self, name: str) -> None:
        self.units.append((f"<{name}>", frozenset()))

    def text(self, text: str, marks: frozenset[str]) -> None:
        for match in _TOKEN.finditer(text):
            token = match[0]
            script = {_SCRIPTS.get(unicodedata.decomposition(letter).split(" ")[0]) for letter in token}
            if None not in script:
                marks |= script  # type: ignore[arg-type]
            self.units.append((unicodedata.normalize("NFKC", token), marks))

    @property
    def words(self) -> list[str]:
        return [name for name, _ in self.units if not name.startswith("<") or name == "<"]


def of_html(source: str) -> Structure:
    reader = _HtmlReader()
    reader.feed(source)
    reader.close()
    return reader.found


class _HtmlReader(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found = Structure()
        self._marks: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag in _INLINE_TAGS:
            self._marks.append((tag, _INLINE_TAGS[tag]))
        elif tag == "a":
            self._marks.append((tag, f"link:{unquote(values.get('href') or '')}"))
        elif tag == "img" and values.get("class") == "emoticon":
            name = (values.get("src") or "").rpartition("/")[2].partition(".")[0]
            self.found.text(EMOTICONS.get(name, name), self._worn())
        elif tag in _BLOCK_TAGS:
            self.found.block(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._marks and self._marks[-1][0] == tag:
            self._marks.pop()

    def handle_data(self, data: str) -> None:
        self.found.text(data, self._worn())

    def _worn(self) -> frozenset[str]:
        return frozenset(mark for _, mark in self._marks)


_OPENING = {
    "paragraph_open": "p",
    "bullet_list_open": "ul",
    "ordered_list_open": "ol",
    "list_item_open": "li",
    "blockquote_open": "blockquote",
    "table_open": "table",
    "tr_open": "tr",
    "th_open": "th",
    "td_open": "td",
    "hr": "hr",
}
_MARKS = {"strong_open": "strong", "em_open": "em", "s_open": "strike"}


def of_markdown(markdown: str) -> Structure:
    found = Structure()
    for token in PARSER.parse(markdown):
        if token.type == "heading_open":
            found.block(token.tag)
        elif token.type in ("fence", "code_block"):
            found.block(f"pre:{token.content}")
        elif token.type == "paragraph_open" and token.hidden:
            continue
        elif token.type in _OPENING:
            found.block(_OPENING[token.type])
        elif token.type == "html_block":
            found.block("html")
        elif token.children:
            _read_inline(token.children, found)
    return found


def _read_inline(tokens: list[Token], found: Structure) -> None:
    worn: list[str] = []
    for token in tokens:
        marks = frozenset(worn)
        if token.type in _MARKS:
            worn.append(_MARKS[token.type])
        elif token.type == "link_open":
            worn.append(f"link:{unquote(str(token.attrs['href']))}")
        elif token.nesting == -1:
            worn.pop()
        elif token.type == "text":
            found.text(token.content, marks)
        elif token.type == "code_inline":
            found.text(token.content, marks | {"code"})
        elif token.type in ("hardbreak", "softbreak"):
            found.block("br")
        elif token.type == "html_inline":
            found.block("br" if token.content == "<br />" else "html")
        elif token.type == "image":
            found.units.append((f"<img:{unquote(str(token.attrs['src']))}>", marks))


def visible_text(markdown: str) -> str:
    """Return what a reader of the rendered Markdown sees, blocks on lines of their own."""
    lines: list[str] = []
    for token in PARSER.parse(markdown):
        if token.type in ("fence", "code_block", "html_block"):
            lines.append(token.content)
        elif token.children:
            lines.append("".join(map(_visible, token.children)))
    return "\n".join(lines)


def _visible(token: Token) -> str:
    if token.type in ("hardbreak", "softbreak"):
        return "\n"
    if token.type == "html_inline":
        return "\n" if token.content == "<br />" else token.content
    if token.type == "image":
        return f"{token.content} {_address(token.attrs['src'])} "
    return token.content


def _address(value: Any) -> str:
    return unquote(str(value))
