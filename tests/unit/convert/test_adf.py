"""Every node and mark of the Atlassian Document Format, each with what becomes of it."""

from typing import Any

import pytest

from services.loader.convert import BodyContext, adf_to_markdown
from tests.unit.convert.nodes import item, mark, node, paragraph, text
from tests.unit.convert.reading import html_of

CONTEXT = BodyContext(
    user={"u1": "Kim Example", "u4": "[@Lee](/users/4)"}.get,
    media=lambda media_id, _name: {"m-1": "/files/7/pic%201.png", "m-3": "/files/8/a.pdf"}.get(media_id),
    issue={"DEMO-1": "/items/1"}.get,
)

BLOCKS = [
    (node("blockquote", paragraph("said"), paragraph("again")), "> said\n>\n> again"),
    (
        node("bulletList", item(paragraph("one")), item(paragraph("two"), node("bulletList", item("deep")))),
        "- one\n- two\n  - deep",
    ),
    (node("orderedList", item(paragraph("three")), item(paragraph("four")), order=3), "3. three\n4. four"),
    (
        node(
            "taskList",
            node("blockTaskItem", paragraph("paint"), state="TODO"),
            node("taskItem", "dry", state="DONE"),
        ),
        "- [ ] paint\n- [x] dry",
    ),
    (node("decisionList", node("decisionItem", "we go", state="DECIDED")), "- ➤ we go"),
    (node("codeBlock", "a = `1`\n```", language="python"), "````python\na = `1`\n```\n````"),
    (node("heading", "Title #", level=3), "### Title \\#"),
    (node("heading", "Title", level=99), "###### Title"),
    (node("doc", paragraph("a"), node("rule"), paragraph("b")), "a\n\n---\n\nb"),
    (node("panel", paragraph("look"), panelType="info"), "> ℹ️ look"),  # noqa: RUF001
    (node("panel", paragraph("look"), panelType="custom", panelIconText="🦊"), "> 🦊 look"),
    (node("panel", paragraph("look"), panelType="future"), "> look"),
    (node("expand", paragraph("inside"), title="More *info*"), "**More \\*info\\***\n\ninside"),
    (
        node(
            "layoutSection", node("layoutColumn", paragraph("left")), node("layoutColumn", paragraph("right"))
        ),
        "left\n\nright",
    ),
    (node("bodiedExtension", paragraph("inside"), extensionKey="excerpt"), "inside"),
    (node("multiBodiedExtension", node("extensionFrame", paragraph("frame"))), "frame"),
    (node("bodiedSyncBlock", paragraph("shared"), resourceId="r"), "shared"),
    (node("syncBlock", resourceId="r"), "_[synced block\\]_"),
    (
        node("extension", extensionKey="toc", parameters={"extensionTitle": "Contents"}),
        "_[Contents: toc\\]_",
    ),
]

MEDIA = [
    (
        node(
            "mediaSingle", node("media", type="file", id="m-1", alt="pic.png"), node("caption", "A picture")
        ),
        "![pic.png](/files/7/pic%201.png)\n\n_A picture_",
    ),
    (node("mediaSingle", node("media", type="external", url="https://h.example/x.png")), None),
    (node("mediaGroup", node("media", type="file", id="m-2", alt="log.txt")), "[log.txt](log.txt)"),
    (paragraph("see ", node("mediaInline", id="m-1", type="file")), "see ![pic 1.png](/files/7/pic%201.png)"),
    (paragraph(node("mediaInline", id="m-3", type="file")), "[a.pdf](/files/8/a.pdf)"),
    (paragraph(node("mediaInline", id="m-4", type="file")), "![m-4](m-4)"),
    (node("blockCard", url="https://h.example/browse/DEMO-1"), "[DEMO-1](/items/1)"),
    (node("embedCard", url="https://h.example/v"), "[https://h.example/v](https://h.example/v)"),
    (
        paragraph(node("inlineCard", data={"url": "https://h.example/d", "name": "Design"})),
        "[Design](https://h.example/d)",
    ),
]

INLINE = [
    (paragraph("due ", node("date", timestamp="1700000000000")), "due 2023-11-14"),
    (paragraph("due ", node("date", timestamp="soon")), "due soon"),
    (paragraph(node("emoji", shortName=":tada:", text="🎉")), "🎉"),
    (paragraph(node("emoji", shortName=":our_own:")), ":our_own:"),
    (paragraph("one", node("hardBreak"), "two"), "one\\\ntwo"),
    (paragraph(node("inlineExtension", extensionKey="k", text="shown")), "shown"),
    (paragraph(node("mention", id="u1", text="@Old name")), "@Kim Example"),
    (paragraph(node("mention", id="u2", text="@Other")), "@Other"),
    (paragraph(node("mention", id="u3")), "@u3"),
    (paragraph(node("mention", id="u4")), "[@Lee](/users/4)"),
    (paragraph(node("placeholder", text="type here")), "type here"),
    (paragraph(node("status", text="In progress", color="blue")), "`In progress`"),
]

TABLES = [
    (
        node(
            "table",
            node("tableRow", node("tableHeader", paragraph("h")), node("tableHeader", paragraph("k"))),
            node(
                "tableRow",
                node("tableCell", paragraph("a"), paragraph("b")),
                node("tableCell", node("bulletList", item(paragraph("x")), item(paragraph("y")))),
            ),
        ),
        "| h | k |\n| --- | --- |\n| a<br />b | • x<br />• y |",
    ),
    (
        node(
            "table",
            node("tableRow", node("tableCell", paragraph("wide"), colspan=2)),
            node("tableRow", node("tableCell", "tall", rowspan=2), node("tableCell", "b")),
            node("tableRow", node("tableCell", paragraph("c|d"))),
        ),
        "|  |  |\n| --- | --- |\n| wide |  |\n| tall | b |\n|  | c\\|d |",
    ),
    (
        node("table", node("tableRow", node("tableCell", node("nestedExpand", paragraph("x"), title="T")))),
        "|  |\n| --- |\n| **T**<br />x |",
    ),
]

MARKS = [
    (paragraph(text("bold ", "strong"), "x"), "**bold** x"),
    (paragraph(text("it", "em")), "_it_"),
    (paragraph(text("u", "underline")), "_u_"),
    (paragraph(text("no", "strike")), "~~no~~"),
    (paragraph(text("a`b", "code")), "``a`b``"),
    (paragraph("H", text("2", mark("subsup", type="sub")), "O"), "H₂O"),
    (paragraph("x", text("2", mark("subsup", type="sup"))), "x²"),
    (paragraph(text("here", mark("link", href="https://h.example/a b"))), "[here](https://h.example/a%20b)"),
    (paragraph(text("bad", mark("link", href="javascript:alert(1)"))), "bad (javascript:alert(1))"),
    (paragraph(text("c", mark("textColor", color="#f00"))), "c"),
    (paragraph(text("d", mark("backgroundColor", color="#0f0"))), "d"),
    (paragraph(text("a", mark("annotation", id="1", annotationType="inlineComment"))), "a"),
    (paragraph(text("b", mark("fontSize", fontSize="small"))), "b"),
    (paragraph(text("c", mark("fragment", localId="f"))), "c"),
    (paragraph(text("d", mark("dataConsumer", sources=["s"]))), "d"),
    (paragraph(text("e", mark("border", size=1, color="#000"))), "e"),
    (paragraph(text("f", "unsupportedMark", "ownMark")), "f"),
    ({**paragraph("centred"), "marks": [mark("alignment", align="center")]}, "centred"),
    ({**paragraph("in"), "marks": [mark("indentation", level=2)]}, "in"),
    ({**node("codeBlock", "x"), "marks": [mark("breakout", mode="wide")]}, "```\nx\n```"),
]


@pytest.mark.parametrize(("document", "expected"), [*BLOCKS, *MEDIA, *INLINE, *TABLES, *MARKS])
def test_node(document: Any, expected: str | None) -> None:
    markdown = adf_to_markdown(document, CONTEXT)
    assert markdown == (expected or "![https://h.example/x.png](https://h.example/x.png)")


READ_BACK = [
    (
        paragraph(text("a", "strong"), text("b", "strong", "em"), text("c", "em")),
        "<p><strong>a<em>b</em></strong><em>c</em></p>",
    ),
    (paragraph("x", text("bold", "strong"), "y"), "<p>x<strong>bold</strong>y</p>"),
    (
        paragraph("1. *a* _b_ [x](y) `c` <div> &amp; # h"),
        "<p>1. *a* _b_ [x](y) `c` &lt;div&gt; &amp;amp; # h</p>",
    ),
    (
        node("bulletList", item(node("codeBlock", "x")), item(paragraph("y"))),
        "<ul>\n<li>\n<pre><code>x\n</code></pre>\n</li>\n<li>y</li>\n</ul>",
    ),
    (
        node("doc", node("bulletList", item("a")), node("bulletList", item("b"))),
        "<ul>\n<li>a</li>\n</ul>\n<ul>\n<li>b</li>\n</ul>",
    ),
    (paragraph(text("a](b", mark("link", href="/x)y"))), '<p><a href="/x%29y">a](b</a></p>'),
]


@pytest.mark.parametrize(("document", "page"), READ_BACK)
def test_reads_back_as_jira_shows_it(document: Any, page: str) -> None:
    assert html_of(adf_to_markdown(document)) == page


BROKEN = [
    (None, ""),
    ("just text", "just text"),
    (7, "7"),
    ([paragraph("x")], "x"),
    ({}, ""),
    ({"type": None, "content": {"type": "text", "text": "lone"}}, "lone"),
    (node("doc", node("hologram", paragraph("kept")), paragraph(node("sparkle", "too"))), "kept\n\ntoo"),
    (node("doc", "bare", node("listItem", paragraph("item"))), "bare\n\nitem"),
    ({"type": "paragraph", "text": "own", "attrs": 5, "marks": 3, "content": "inner"}, "owninner"),
    (node("heading", node("paragraph", "nested"), level="2"), "nested"),
    (paragraph({"type": "text", "text": 12.5}), "12.5"),
    (paragraph({"type": "text", "text": "x", "marks": ["strong", None, 3]}), "**x**"),
    (node("table", paragraph("no row")), "|  |\n| --- |\n| no row |"),
    (paragraph(text("", "strong"), text(" ", "em"), "x"), "x"),
    (node("orderedList", item(paragraph("x")), order=-5), "0. x"),
]


@pytest.mark.parametrize(("document", "expected"), BROKEN)
def test_document_that_breaks_the_schema(document: Any, expected: str) -> None:
    assert adf_to_markdown(document) == expected


@pytest.mark.parametrize(
    "kind",
    [
        "blockquote",
        "bulletList",
        "listItem",
        "panel",
        "expand",
        "table",
        "tableCell",
        "hologram",
        "paragraph",
    ],
)
def test_nested_500_deep(kind: str) -> None:
    document = paragraph("core")
    for level in range(500):
        document = node(kind, f"word{level}", document)
    markdown = adf_to_markdown(document)
    assert "core" in markdown
    assert all(f"word{level}" in markdown for level in range(500))
