"""Scans the inline markup of wiki text from special character to special character.

The rules are Jira's: an opening delimiter follows no letter or digit and precedes no space, a closing one the
reverse; the nearest closing one wins; nothing spans a line.
"""

import html
import re
from collections.abc import Callable

from services.loader.convert.context import BodyContext, unknown
from services.loader.convert.runs import CODE, Run, to_markdown
from services.loader.convert.text import clean, escape, link_target
from services.loader.convert.wiki import links
from services.loader.convert.wiki.macros import NOTHING
from services.loader.convert.wiki.scan import Scan, to_runs
from services.loader.convert.wiki.vocabulary import EMOTICONS

# One leading class keeps the search fast; delimiters within a word, which mean nothing, are passed.
_SPECIAL = re.compile(
    r"[\\{\[!:;(&\n\x01^~?*_+\-](?:(?<=[\\{\[!:;(&\n\x01^~?])|(?<![^\W_].)|(?![^\W_]))",
)
_MONO = re.compile(r"\{\{(?:\{\})*+([^\s{}](?:(?:[^{}\t\n\u200b]|\{(?!\{))*[^\s{}])?+)\}\}(?![^\W_])")
_BRACED = re.compile(r"\{(\?\?|[*_\-+^~])\}")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_EMOTICON = re.compile(rf"(?:{'|'.join(map(re.escape, sorted(EMOTICONS, key=len, reverse=True)))})(?![^\W_])")
_DASH = re.compile(r"(?<=\s)---?(?=\s)")
_BREAK = re.compile(r"(?<!\\)\\\\(?!\\)(?![^\s\\]*+\\)")
_BACKSLASHES = re.compile(r"\\\\+")
_ESCAPED = re.compile(r"\\([-*_+^~?{}\[\]()!|#]|:(?=[()]))")


class Inline:
    """Converts the inline text of one body."""

    def __init__(self, context: BodyContext) -> None:
        self.context = context
        self._finds_keys = context.issue is not unknown
        self._readers: dict[str, Callable[[Scan, int], int]] = {
            "\\": self._backslash,
            "{": self._brace,
            "[": self._bracket,
            "!": self._exclamation,
            ":": self._colon,
            ";": self._emoticon,
            "(": self._emoticon,
            "&": self._entity,
            "\n": self._newline,
            NOTHING: self._nothing,
            "?": self._cite,
            "-": self._dash,
        }

    def markdown(self, text: str) -> str:
        """Return Markdown in which a newline is a line break."""
        scan = self._scan(text)
        if not scan.formatted:
            return escape("".join(scan.items))  # type: ignore[arg-type]
        return to_markdown(to_runs(scan.items))

    def runs(self, text: str) -> list[Run]:
        return to_runs(self._scan(text).items)

    def _scan(self, text: str) -> Scan:
        scan = Scan(text)
        search, readers = _SPECIAL.search, self._readers
        match = search(text)
        while match:
            at = match.start()
            if at > scan.done:
                scan.floor = scan.done
                self._plain(scan, text[scan.done : at])
            character = text[at]
            reader = readers.get(character)
            end = reader(scan, at) if reader else scan.delimiter(at, character)
            if end == at:
                scan.items.append(character)
                end += 1
            scan.done = end
            match = search(text, end)
        if scan.done < len(text):
            self._plain(scan, text[scan.done :])
        return scan

    def _plain(self, scan: Scan, text: str) -> None:
        if self._finds_keys and "-" in text:
            begin = 0
            for match in links.ISSUE_KEY.finditer(text):
                if target := self.context.issue(match[0]):
                    scan.items.append(text[begin : match.start()])
                    scan.add([Run(match[0], href=link_target(target))])
                    begin = match.end()
            text = text[begin:]
        scan.items.append(text)

    def _backslash(self, scan: Scan, at: int) -> int:
        text = scan.text
        if forced := _BREAK.match(text, at):
            scan.items.append("\n")
            return forced.end()
        if several := _BACKSLASHES.match(text, at):
            scan.items.append(several[0])
            return several.end()
        if escaped := _ESCAPED.match(text, at):
            scan.items.append(escaped[1])
            return escaped.end()
        return at

    def _brace(self, scan: Scan, at: int) -> int:
        if braced := _BRACED.match(scan.text, at):
            return scan.braced(at, braced[1], braced.end())
        mono = _MONO.match(scan.text, at)
        if not mono or scan.follows_letter(at):
            return at
        scan.add(run._replace(marks=run.marks | {CODE}) for run in self.runs(mono[1]))
        return mono.end()

    def _bracket(self, scan: Scan, at: int) -> int:
        match = links.BRACKETED.match(scan.text, at)
        found = links.bracketed(match[1], self.context, self.runs) if match else None
        if not match or found is None:
            return at
        scan.add(found)
        return match.end()

    def _exclamation(self, scan: Scan, at: int) -> int:
        match = None if scan.follows_letter(at) else links.EMBEDDED.match(scan.text, at)
        found = links.embedded(match[1], match[2] or "", self.context) if match else None
        if not match or found is None:
            return at
        scan.add([found])
        return match.end()

    def _colon(self, scan: Scan, at: int) -> int:
        begin, end = links.bare_url(scan.text, at, scan.floor) or (at, at)
        if begin == end:
            return self._emoticon(scan, at)
        scan.cut(at - begin)
        scan.add([links.url_run(scan.text[begin:end])])
        return end

    def _emoticon(self, scan: Scan, at: int) -> int:
        match = _EMOTICON.match(scan.text, at)
        if not match or (match[0][-1] in "PD" and scan.follows_letter(at)):
            return at
        scan.items.append(EMOTICONS[match[0]])
        return match.end()

    def _entity(self, scan: Scan, at: int) -> int:
        match = _ENTITY.match(scan.text, at)
        if not match:
            return at
        scan.items.append(clean(html.unescape(match[0])))
        return match.end()

    def _newline(self, scan: Scan, at: int) -> int:
        scan.items.append("\n")
        scan.forget()
        return at + 1

    def _nothing(self, _scan: Scan, at: int) -> int:
        return at + 1

    def _cite(self, scan: Scan, at: int) -> int:
        return scan.delimiter(at, "??") if scan.text.startswith("??", at) else at

    def _dash(self, scan: Scan, at: int) -> int:
        if dash := _DASH.match(scan.text, at):
            scan.items.append("—" if len(dash[0]) == 3 else "–")  # noqa: RUF001
            return dash.end()
        return scan.delimiter(at, "-")
