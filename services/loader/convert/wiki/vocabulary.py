"""The words of wiki markup: macros, emoticons, schemes, and what they become."""

# ruff: noqa: RUF001 - the look-alikes are meant

from services.loader.convert.runs import EM, STRIKE, STRONG

RAW_MACROS = frozenset({"code", "noformat", "html"})
BOX_MACROS = frozenset({"quote", "panel", "info", "note", "tip", "warning"})
# Their tags vanish and their content stays: Markdown has no colours.
TRANSPARENT_MACROS = frozenset({"color", "section", "column"})

BOX_ICONS = {"info": "ℹ️", "note": "⚠️", "tip": "💡", "warning": "🚫"}

# Marks of Jira that Markdown lacks take the nearest one; superscript and subscript become letters.
SUPERSCRIPT, SUBSCRIPT = "sup", "sub"
MARKS = {
    "*": STRONG,
    "_": EM,
    "??": EM,
    "-": STRIKE,
    "+": EM,
    "^": SUPERSCRIPT,
    "~": SUBSCRIPT,
}

EMOTICONS = {
    ":)": "🙂",
    ":-)": "🙂",
    ":(": "🙁",
    ":-(": "🙁",
    ":P": "😛",
    ":-P": "😛",
    ":D": "😀",
    ":-D": "😀",
    ";)": "😉",
    ";-)": "😉",
    "(y)": "👍",
    "(n)": "👎",
    "(i)": "ℹ️",
    "(/)": "✅",
    "(x)": "❌",
    "(!)": "⚠️",
    "(+)": "➕",
    "(-)": "⛔",
    "(?)": "❓",
    "(on)": "💡",
    "(off)": "🔅",
    "(*)": "⭐",
    "(*y)": "⭐",
    "(*r)": "🔴",
    "(*g)": "🟢",
    "(*b)": "🔵",
    "(flag)": "🚩",
    "(flagoff)": "🏳️",
}

URL_SCHEMES = ("http", "https", "ftp", "ftps", "file", "irc", "nntp", "news", "ssh", "svn", "git")

IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".svg", ".webp", ".tif", ".tiff", ".ico")
FILE_SUFFIXES = (".mov", ".mp4", ".avi", ".webm", ".mp3", ".wav", ".swf", ".pdf", ".wmv", ".mkv", ".m4v")

# Names that {code} takes for "no language".
NO_LANGUAGE = frozenset({"none", "plain", "text", "plaintext"})
