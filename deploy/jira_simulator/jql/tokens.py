"""JQL text to tokens, each with the line and column that Jira's messages name."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_PATTERN = re.compile(
    r"""(?P<space>\s+)
      | (?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      | (?P<operator><=|>=|!=|!~|=|<|>|~)
      | (?P<punctuation>[(),])
      | (?P<not>!)
      | (?P<word>[^\s"'()=<>!~,]+)""",
    re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    text: str
    line: int
    column: int

    @property
    def upper(self) -> str:
        return self.text.upper() if self.kind == "word" else ""


class JqlSyntaxError(Exception):
    """The text is the rest of Jira's sentence after 'Error in the JQL Query: '."""


def tokenize(jql: str) -> Iterator[Token]:
    position = 0
    line, line_start = 1, 0
    while position < len(jql):
        match = _PATTERN.match(jql, position)
        column = position - line_start + 1
        if match is None:
            rest = jql[position + 1 :]
            raise JqlSyntaxError(
                f"The quoted string '{rest}' has not been completed. (line {line}, character {column})"
            )
        text = match.group()
        if match.lastgroup != "space":
            yield _token(str(match.lastgroup), text, line, column)
        if "\n" in text:
            line += text.count("\n")
            line_start = position + text.rindex("\n") + 1
        position = match.end()


def _token(kind: str, text: str, line: int, column: int) -> Token:
    if kind == "string":
        return Token(kind, _ESCAPE.sub(r"\1", text[1:-1]), line, column)
    if kind == "not":
        return Token("word", "NOT", line, column)
    return Token(kind, text, line, column)
