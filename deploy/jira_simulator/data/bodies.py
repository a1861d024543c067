"""Bodies of generated issues and comments: ADF on Cloud, wiki markup on Data Center, many shapes of each."""

from typing import Any

import orjson

from deploy.jira_simulator.data.model import Shape
from deploy.jira_simulator.data.people import account_id, user

_MARK = "@@TEXT@@"
Body = tuple[bytes, bytes]


def bodies(shape: Shape) -> list[Body]:
    """Encoded bodies, each cut in two where a text of its own goes in."""
    made = _documents(shape) if shape.cloud else list(_WIKI)
    return [_cut(orjson.dumps(body)) for body in made]


def fill(body: Body, text: str) -> bytes:
    """The encoded body with the text in its place; the text must need no JSON escapes."""
    return body[0] + text.encode() + body[1]


def document(text: str) -> dict[str, Any]:
    """Plain text as an ADF document: a paragraph for each block of lines."""
    blocks = [block for block in text.replace("\r\n", "\n").split("\n\n") if block.strip()]
    return _doc(*[_paragraph(*_lines(block)) for block in blocks])


def _lines(block: str) -> list[dict[str, Any]]:
    nodes: list[dict[str, Any]] = []
    for line in block.strip("\n").split("\n"):
        if nodes:
            nodes.append({"type": "hardBreak"})
        if line:
            nodes.append(_text(line))
    return nodes


def _cut(encoded: bytes) -> Body:
    head, tail = encoded.split(_MARK.encode())
    return head, tail


def _doc(*content: dict[str, Any]) -> dict[str, Any]:
    return {"version": 1, "type": "doc", "content": list(content)}


def _text(text: str, *marks: dict[str, Any]) -> dict[str, Any]:
    return {"type": "text", "text": text, **({"marks": list(marks)} if marks else {})}


def _node(kind: str, *content: dict[str, Any], **attrs: Any) -> dict[str, Any]:
    node: dict[str, Any] = {"type": kind}
    if attrs:
        node["attrs"] = attrs
    if content:
        node["content"] = list(content)
    return node


def _paragraph(*content: dict[str, Any]) -> dict[str, Any]:
    return _node("paragraph", *content)


def _items(kind: str, *texts: str) -> dict[str, Any]:
    return _node(kind, *[_node("listItem", _paragraph(_text(text))) for text in texts])


def _row(kind: str, *texts: str) -> dict[str, Any]:
    return _node("tableRow", *[_node(kind, _paragraph(_text(text))) for text in texts])


def _documents(shape: Shape) -> list[dict[str, Any]]:
    first = _paragraph(_text(_MARK))
    shown = user(3, shape, with_email=False)["displayName"]
    mention = _node("mention", id=account_id(3), text=f"@{shown}", accessLevel="")
    link = {"type": "link", "attrs": {"href": "https://example.com/guide?page=2"}}
    colour = {"type": "textColor", "attrs": {"color": "#ff5630"}}
    return [
        _doc(first),
        _doc(first, _paragraph(_text("See "), _text("the guide", link), _text(" first."))),
        _doc(first, _items("bulletList", "open the page", "press Save", "look at the log")),
        _doc(first, _items("orderedList", "install", "configure", "run twice")),
        _doc(first, _node("codeBlock", _text("def total(rows):\n    return sum(rows)\n"), language="python")),
        _doc(first, _paragraph(mention, _text(" could you have a look?"))),
        _doc(
            first, _node("table", _row("tableHeader", "Case", "Result"), _row("tableCell", "small", "fine"))
        ),
        _doc(_node("heading", _text("What happens"), level=2), first, _node("rule")),
        _doc(first, _node("panel", _paragraph(_text("Only with the new driver.")), panelType="warning")),
        _doc(first, _node("blockquote", _paragraph(_text("It used to work.")))),
        _doc(_paragraph(_text("Bold", {"type": "strong"}), _text(" and "), _text("red", colour)), first),
        _doc(first, _node("expand", _paragraph(_text("hidden detail")), title="More")),
        _doc(
            first,
            _node("taskList", _task("check the fix", "DONE"), _task("tell support", "TODO"), localId="t"),
        ),
        _doc(
            first, _paragraph(_node("status", text="IN REVIEW", color="blue"), _node("hardBreak"), _emoji())
        ),
        _doc(first, _paragraph(_node("inlineCard", url="https://example.com/a/1"), _date())),
        _doc(first, _node("mediaSingle", _media(), layout="center")),
    ]


def _task(text: str, state: str) -> dict[str, Any]:
    return _node("taskItem", _text(text), localId=text[:5], state=state)


def _emoji() -> dict[str, Any]:
    return _node("emoji", shortName=":thumbsup:", id="1f44d", text="\U0001f44d")


def _date() -> dict[str, Any]:
    return _node("date", timestamp="1708560000000")


def _media() -> dict[str, Any]:
    name = "6e7a1a10-5c7e-4f2c-9d43-0a7c3b8f1234"
    return _node("media", type="file", id=name, collection="", alt="screen.png", width=640, height=480)


_WIKI = (
    f"{_MARK}",
    f"{_MARK}\r\n\r\nSee [the guide|https://example.com/guide?page=2] first.",
    f"{_MARK}\r\n\r\n* open the page\r\n* press Save\r\n** twice\r\n* look at the log",
    f"{_MARK}\r\n\r\n# install\r\n# configure\r\n# run twice",
    f"{_MARK}\r\n\r\n{{code:python}}\r\ndef total(rows):\r\n    return sum(rows)\r\n{{code}}",
    f"{_MARK}\r\n\r\n[~cedar] could you have a look?",
    f"{_MARK}\r\n\r\n||Case||Result||\r\n|small|fine|\r\n|large|slow|",
    f"h2. What happens\r\n\r\n{_MARK}\r\n\r\n----",
    f"{_MARK}\r\n\r\n{{warning}}Only with the new driver.{{warning}}",
    f"{_MARK}\r\n\r\nbq. It used to work.",
    f"*Bold* and {{color:red}}red{{color}}\r\n\r\n{_MARK}",
    f"{_MARK}\r\n\r\n{{noformat}}at example.Main.run(Main.java:17){{noformat}}",
    f"{_MARK} {{{{inline}}}} -gone- +new+ x^2^ :)",
    f"{_MARK}\r\n\r\n!screen.png|thumbnail!",
)
