"""Scans the inline markup of wiki text from special character to special character.

The rules are Jira's: an opening delimiter follows no letter or digit and precedes no space, a closing one the
reverse; the nearest closing one wins; nothing spans a line.
"""

import html
import re
from collections.abc import Callable, Iterator
from typing import Final

from services.loader.convert.context import BodyContext, unknown
from services.loader.convert.runs import CODE, Run, to_markdown
from services.loader.convert.text import clean, escape, link_target
from services.loader.convert.wiki import links
from services.loader.convert.wiki.macros import NOTHING
from services.loader.convert.wiki.scan import Item, Scan, to_runs
from services.loader.convert.wiki.vocabulary import EMOTICONS

# One leading class keeps the search fast; the look-arounds pass characters that mean nothing where they are,
# such as delimiters within a word or between spaces.
_SPECIAL = re.compile(
    r"[\\{\[!:;(&\x01^~?*_+\-](?:"
    r"(?<=[*_\-+^~])(?:(?<![^\W_].)(?!\s)|(?<!\s.)(?![^\W_]))"
    r"|(?<=[\\{\[\x01])"
    r"|(?<=:)(?:(?=//|[()PD\-])|(?<=mailto:))"
    r"|(?<=!)(?=[^\s!|])"
    r"|(?<=\()(?=[yni/x!+\-?of*])"
    r"|(?<=&)(?=[#A-Za-z])"
    r"|(?<=\?)(?=\?)"
    r"|(?<=;)(?=[)\-])"
    r")",
)
_MONO = re.compile(r"\{\{(?:\{\})*+([^\s{}](?:(?:[^{}\t\n\u200b]|\{(?!\{))*[^\s{}])?+)\}\}(?![^\W_])")
_BRACED = re.compile(r"\{(\?\?|[*_\-+^~])\}")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_EMOTICON = re.compile(rf"(?:{'|'.join(map(re.escape, sorted(EMOTICONS, key=len, reverse=True)))})(?![^\W_])")
_DASH = re.compile(r"(?<!\S)---?(?!\S)")
_BREAK = re.compile(r"(?<!\\)\\\\(?!\\)(?![^\s\\]*+\\)")
_BACKSLASHES = re.compile(r"\\\\+")
_ESCAPED = re.compile(r"\\([-*_+^~?{}\[\]()!|#%@]|:(?=[()]))")


class Inline:
    """Converts the inline text of one body."""

    def __init__(self, context: BodyContext) -> None:
        self.context = context
        self._finds_keys = context.issue is not unknown

    def markdown(self, text: str) -> str:
        """Return Markdown in which a newline is a line break."""
        scan = self._scan(text)
        return to_markdown(to_runs(scan.items)) if scan.items else escape(text)

    def runs(self, text: str) -> list[Run]:
        items = self._scan(text).items
        return to_runs(items) if items else [Run(text)]

    def _scan(self, text: str) -> Scan:
        scan = Scan(text, self._plain if self._finds_keys else None)
        search, readers = _SPECIAL.search, _READERS
        match = search(text)
        while match:
            at = match.start()
            reader = readers.get(text[at])
            match = search(text, reader(self, scan, at) if reader else scan.delimiter(at, text[at]))
        if scan.items:
            scan.flush(len(text))
        elif self._finds_keys and "-" in text:
            scan.items.extend(self._plain(text))
        return scan

    def _plain(self, text: str) -> Iterator[Item]:
        """Find the keys of issues in text without markup."""
        begin = 0
        for match in links.ISSUE_KEY.finditer(text) if "-" in text else ():
            if target := self.context.issue(match[0]):
                yield text[begin : match.start()]
                yield Run(match[0], href=link_target(target))
                begin = match.end()
        yield text[begin:]

    def _backslash(self, scan: Scan, at: int) -> int:
        text = scan.text
        if forced := _BREAK.match(text, at):
            return scan.put(at, forced.end(), "\n")
        if several := _BACKSLASHES.match(text, at):
            return several.end()
        if escaped := _ESCAPED.match(text, at):
            return scan.put(at, escaped.end(), escaped[1])
        return at + 1

    def _brace(self, scan: Scan, at: int) -> int:
        if braced := _BRACED.match(scan.text, at):
            return scan.braced(at, braced[1], braced.end())
        mono = _MONO.match(scan.text, at)
        if not mono or scan.follows_letter(at):
            return at + 1
        # A backslash at the end escapes the brace behind it; the braces are no spaces, as dashes see them.
        content = NOTHING + mono[1].removesuffix("\\") + NOTHING
        runs = [run._replace(marks=run.marks | {CODE}) for run in self.runs(content)]
        return scan.put(at, mono.end(), *runs)

    def _bracket(self, scan: Scan, at: int) -> int:
        match = links.BRACKETED.match(scan.text, at)
        found = links.bracketed(match[1], self.context, self.runs) if match else None
        return at + 1 if not match or found is None else scan.put(at, match.end(), *found)

    def _exclamation(self, scan: Scan, at: int) -> int:
        match = None if scan.follows_letter(at) else links.EMBEDDED.match(scan.text, at)
        found = links.embedded(match[1], match[2] or "", self.context) if match else None
        return at + 1 if not match or found is None else scan.put(at, match.end(), found)

    def _colon(self, scan: Scan, at: int) -> int:
        begin, end = links.bare_url(scan.text, at, scan.done) or (at, at)
        if begin == end:
            return self._emoticon(scan, at)
        return scan.put(begin, end, links.url_run(scan.text[begin:end]))

    def _emoticon(self, scan: Scan, at: int) -> int:
        match = _EMOTICON.match(scan.text, at)
        if not match or (match[0][-1] in "PD" and scan.follows_letter(at)):
            return at + 1
        return scan.put(at, match.end(), EMOTICONS[match[0]])

    def _entity(self, scan: Scan, at: int) -> int:
        match = _ENTITY.match(scan.text, at)
        return scan.put(at, match.end(), clean(html.unescape(match[0]))) if match else at + 1

    def _nothing(self, scan: Scan, at: int) -> int:
        return scan.put(at, at + 1, "")

    def _cite(self, scan: Scan, at: int) -> int:
        return scan.delimiter(at, "??") if scan.text.startswith("??", at) else at + 1

    def _dash(self, scan: Scan, at: int) -> int:
        if dash := _DASH.match(scan.text, at):
            return scan.put(at, dash.end(), "—" if len(dash[0]) == 3 else "–")  # noqa: RUF001
        return scan.delimiter(at, "-")


# Not of an instance: its methods in its own dictionary would leave each body to the garbage collector.
_READERS: Final[dict[str, Callable[[Inline, Scan, int], int]]] = {
    "\\": Inline._backslash,
    "{": Inline._brace,
    "[": Inline._bracket,
    "!": Inline._exclamation,
    ":": Inline._colon,
    ";": Inline._emoticon,
    "(": Inline._emoticon,
    "&": Inline._entity,
    NOTHING: Inline._nothing,
    "?": Inline._cite,
    "-": Inline._dash,
}
