"""Seeded Atlassian documents: all nodes and marks of the schema, and what real documents do to it.

Every text node holds words of its own, so that a test can tell when one is lost.
"""

from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

Node = dict[str, Any]

_INLINE = (
    "text", "text", "text", "text", "hardBreak", "mention", "emoji", "date", "status", "placeholder",
    "inlineCard", "mediaInline", "inlineExtension",
)  # fmt: skip
_FLOW = (
    "paragraph", "paragraph", "paragraph", "heading", "bulletList", "orderedList", "taskList",
    "decisionList", "codeBlock", "blockquote", "panel", "expand", "table", "rule", "mediaSingle",
    "mediaGroup", "blockCard", "embedCard", "extension", "bodiedExtension", "layoutSection", "syncBlock",
    "bodiedSyncBlock",
)  # fmt: skip
# What a node may hold; a name that is not here holds nothing.
_CONTENT: dict[str, tuple[str, ...]] = {
    "doc": _FLOW,
    "paragraph": _INLINE,
    "heading": _INLINE,
    "caption": _INLINE,
    "taskItem": _INLINE,
    "decisionItem": _INLINE,
    "blockTaskItem": ("paragraph",),
    "codeBlock": ("text",),
    "blockquote": ("paragraph", "bulletList", "codeBlock"),
    "panel": ("paragraph", "heading", "bulletList", "codeBlock", "taskList"),
    "expand": (*_FLOW, "nestedExpand"),
    "nestedExpand": ("paragraph", "heading", "bulletList", "panel"),
    "bulletList": ("listItem",),
    "orderedList": ("listItem",),
    "listItem": ("paragraph", "paragraph", "bulletList", "orderedList", "codeBlock", "mediaSingle"),
    "taskList": ("taskItem", "blockTaskItem", "taskList"),
    "decisionList": ("decisionItem",),
    "table": ("tableRow",),
    "tableRow": ("tableCell", "tableHeader"),
    "tableCell": ("paragraph", "bulletList", "codeBlock", "panel", "nestedExpand", "heading", "mediaGroup"),
    "tableHeader": ("paragraph", "heading"),
    "mediaSingle": ("media", "caption"),
    "mediaGroup": ("media",),
    "layoutSection": ("layoutColumn",),
    "layoutColumn": _FLOW,
    "bodiedExtension": _FLOW,
    "bodiedSyncBlock": _FLOW,
}
_MARKS: tuple[Node, ...] = (
    {"type": "strong"},
    {"type": "em"},
    {"type": "strike"},
    {"type": "underline"},
    {"type": "code"},
    {"type": "link", "attrs": {"href": "https://h.example/a_(b)?c=d"}},
    {"type": "link", "attrs": {"href": "javascript:void(0)"}},
    {"type": "subsup", "attrs": {"type": "sub"}},
    {"type": "subsup", "attrs": {"type": "sup"}},
    {"type": "textColor", "attrs": {"color": "#ff0000"}},
    {"type": "backgroundColor", "attrs": {"color": "#00ff00"}},
    {"type": "annotation", "attrs": {"id": "a", "annotationType": "inlineComment"}},
    {"type": "fontSize", "attrs": {"fontSize": "small"}},
    {"type": "alignment", "attrs": {"align": "end"}},
    {"type": "indentation", "attrs": {"level": 2}},
    {"type": "border", "attrs": {"size": 1, "color": "#000000"}},
    {"type": "breakout", "attrs": {"mode": "wide"}},
    {"type": "dataConsumer", "attrs": {"sources": ["s"]}},
    {"type": "fragment", "attrs": {"localId": "f"}},
    {"type": "unsupportedMark", "attrs": {"originalValue": {"type": "own"}}},
)
_ATTRIBUTES: dict[str, Node] = {
    "heading": {"level": 3},
    "codeBlock": {"language": "java"},
    "panel": {"panelType": "warning"},
    "expand": {"title": "A *title*"},
    "nestedExpand": {"title": "Inner"},
    "orderedList": {"order": 7},
    "taskItem": {"localId": "t", "state": "DONE"},
    "tableCell": {"colspan": 2, "rowspan": 2, "background": "#eeeeee"},
    "mention": {"id": "u1", "text": "@Kim", "userType": "DEFAULT"},
    "emoji": {"shortName": ":tada:", "id": "1f389", "text": "🎉"},
    "date": {"timestamp": "1700000000000"},
    "status": {"text": "Open", "color": "blue"},
    "placeholder": {"text": "write here"},
    "inlineCard": {"url": "https://h.example/card"},
    "blockCard": {"url": "https://h.example/browse/DEMO-1"},
    "embedCard": {"url": "https://h.example/video", "layout": "wide"},
    "media": {"type": "file", "id": "m-1", "collection": "c", "alt": "a.png"},
    "mediaInline": {"type": "file", "id": "m-1", "collection": "c"},
    "extension": {"extensionKey": "toc", "extensionType": "own"},
    "inlineExtension": {"extensionKey": "k", "text": "macro"},
    "bodiedExtension": {"extensionKey": "excerpt"},
    "syncBlock": {"resourceId": "r", "localId": "l"},
    "layoutColumn": {"width": 50},
}
_ODD: tuple[Any, ...] = (None, True, -1, 10**12, 1.5, float("inf"), "", "\x00\ud800", [], {}, [None], "x|y`*")
_FRAMES = (
    "",
    " {} ",
    "*{}*",
    "_{}",
    "`{}",
    "[{}](",
    "{}\n1. ",
    "<{}>",
    "|{}|",
    "# {}",
    "{}\\",
    "!{}&amp;",
    "\u00a0{}",
)


class Document(NamedTuple):
    body: Any
    words: list[str]  # of its text nodes


def documents(count: int, seed: int) -> Iterator[Document]:
    for number in range(count):
        yield _Maker(Random(seed * 1_000_003 + number)).document()


class _Maker:
    def __init__(self, random: Random) -> None:
        self._random = random
        self._words: list[str] = []
        self._left = random.randint(3, 40)  # nodes
        self._broken = random.random() < 0.6

    def document(self) -> Document:
        body = self._node("doc", 0)
        if self._random.random() < 0.01:
            kind = self._random.choice([*_CONTENT, "hologram"])
            for _ in range(500):
                body = {"type": kind, "content": [body]}
        return Document(body, self._words)

    def _node(self, kind: str, depth: int) -> Any:
        if kind == "text":
            return self._mutated(self._text())
        node: Node = {"type": kind}
        if kind in _ATTRIBUTES:
            node["attrs"] = dict(_ATTRIBUTES[kind])
        kinds = _CONTENT.get(kind, ())
        content: list[Any] = []
        for _ in range(self._random.randint(1, 6) if kinds and depth < 12 else 0):
            if self._left <= 0:
                break
            self._left -= 1
            content.append(self._node(self._random.choice(kinds), depth + 1))
        if content:
            node["content"] = content
        return self._mutated(node)

    def _text(self) -> Node:
        word = f"w{len(self._words)}x{self._random.randrange(1000)}z"
        self._words.append(word)
        frame = self._random.choice(_FRAMES) if self._random.random() < 0.3 else ""
        node: Node = {"type": "text", "text": frame.format(word) if frame else f"{word} "}
        if self._random.random() < 0.4:
            node["marks"] = self._random.sample(_MARKS, self._random.randint(1, 3))
        return node

    def _mutated(self, node: Node) -> Any:
        """Break the schema, but leave the text where it can be found."""
        if not self._broken or self._random.random() > 0.15:
            return node
        random = self._random
        match random.randrange(7):
            case 0:
                node["attrs"] = random.choice(_ODD)
            case 1 if isinstance(node.get("attrs"), dict):
                name = random.choice([*node["attrs"]])
                node["attrs"] = {**node["attrs"], name: random.choice(_ODD)}
            case 2:
                node["marks"] = random.choice([*_ODD, [random.choice(_ODD)], [{"type": None}], ["strong"]])
            case 3:
                node["type"] = random.choice([*_CONTENT, *_INLINE, "hologram", None, 7])
            case 4 if len(node.get("content", ())) == 1:
                node["content"] = node["content"][0]
            case 5:
                node["content"] = [random.choice(_ODD), node.get("content"), random.choice(_ODD)]
            case _:
                node.setdefault("attrs", {})
        return node
