"""Escaping for GitHub-flavoured Markdown: what is written reads the same after rendering."""

import re

# Control characters, which nobody sees, and halves of surrogate pairs, which no store accepts.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")

# One leading class keeps the search fast; the look-arounds say when the character would mean something.
_SIGNS = (
    r"[`*~\\_<&!\[\]](?:"
    r"(?<=[`*~])"
    r"|(?<=\\)(?=[!-/:-@\[-`{-~\n]|\Z)"
    r"|(?<=_)(?:(?![^\W_])|(?<![^\W_]_))"  # an underscore within a word is only an underscore
    r"|(?<=<)(?=[A-Za-z0-9/!?])"
    r"|(?<=&)(?=#?\w+;)"
    r"|(?<=!)(?=\[|\Z)"
)
_SPECIAL = re.compile(rf"{_SIGNS}|(?<=\])(?=[\[(:]|\Z)|(?<=\[)(?=[ xX]\]))")
_SPECIAL_IN_LABEL = re.compile(rf"{_SIGNS}|(?<=[\[\]]))")
_LINE_START = re.compile(
    r"^(?:([0-9]{1,9})(?=[.)](?:[ \t]|$))"
    r"|(?=\#{1,6}(?:[ \t]|$)|[-+](?:[ \t]|$)|>|=+[ \t]*$|[-:|][-:| \t]*$))",
    re.MULTILINE,
)
_OPENERS = frozenset("0123456789#-+>=:|")  # the first characters of what _LINE_START finds
_OPENER_BELOW = re.compile(r"\n[0-9#\-+>=:|]")
_LINE_EDGES = re.compile(r"[ \t]*\n[ \t]*")
_BACKTICKS = re.compile("`+")
_HASHES_AT_END = re.compile(r"(#+)$")
_UNSAFE_IN_TARGET = re.compile(r"[\s<>()\\|\"`*\[\]^{}\x00-\x20]")
# Renderers refuse these and would show the source of the link instead.
_REFUSED_SCHEME = re.compile(r"\s*(?:javascript|vbscript|file|data):", re.IGNORECASE)


def clean(text: str) -> str:
    """Normalise line ends and replace what cannot be stored."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if _UNPRINTABLE.search(text):
        text = _UNPRINTABLE.sub(lambda match: "" if match[0] < "\x80" else "\ufffd", text)
    return text


def escape(text: str) -> str:
    """Make text literal within a line; `finish` makes the starts of lines literal."""
    return _SPECIAL.sub(_escaped, text)


def escape_label(text: str) -> str:
    """Make text literal between the brackets of a link, where each bracket counts."""
    return _SPECIAL_IN_LABEL.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    # An entity, since what reads Markdown after HTML was stripped would lose `\<String>`.
    return "&lt;" if match[0] == "<" else "\\" + match[0]


def finish(markdown: str, line_break: str = "\\\n") -> str:
    """Turn the newlines of a finished inline text into hard breaks and keep its lines from opening blocks."""
    markdown = markdown.strip(" \t\n")
    if "\n" not in markdown:
        return _LINE_START.sub(r"\1\\", markdown, 1) if markdown[:1] in _OPENERS else markdown
    markdown = _LINE_EDGES.sub("\n", markdown)
    if markdown[:1] in _OPENERS or _OPENER_BELOW.search(markdown):
        markdown = _LINE_START.sub(r"\1\\", markdown)
    return markdown.replace("\n", line_break)


def finish_heading(markdown: str, level: int) -> str:
    line = _HASHES_AT_END.sub(r"\\\1", finish(markdown, " "))
    return f"{'#' * level} {line}" if line else ""


def code_span(code: str) -> str:
    code = code.replace("\n", " ")
    if not code.strip():
        return code
    if "`" not in code:
        ticks = "`"
    else:
        runs = {len(run) for run in _BACKTICKS.findall(code)}
        ticks = "`" * next(length for length in range(1, len(runs) + 2) if length not in runs)
    edges = code[0] + code[-1]
    if "`" in edges or (code[0] == " " and code[-1] == " "):
        code = f" {code} "
    return f"{ticks}{code}{ticks}"


def fence(code: str, language: str = "") -> str:
    longest = max((len(run) for run in _BACKTICKS.findall(code)), default=0)
    ticks = "`" * max(3, longest + 1)
    return f"{ticks}{language}\n{code}\n{ticks}"


def is_safe_target(target: str) -> bool:
    return bool(target.strip()) and not _REFUSED_SCHEME.match(target)


def link_target(target: str) -> str:
    return _UNSAFE_IN_TARGET.sub(_percent, target.strip())


def _percent(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode())


def image(description: str, target: str) -> str:
    return f"![{escape_label(description)}]({link_target(target)})"


def link(label: str, target: str) -> str:
    return f"[{escape_label(label)}]({link_target(target)})"
