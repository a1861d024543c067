"""Finer rules of Jira's renderer, each of them seen in its behaviour."""

import pytest

from services.loader.convert import wiki_to_markdown

RULES = [
    # headings and quotes need no space
    ("h2.Title\ntext", "## Title\n\ntext"),
    ("bq.said", "> said"),
    ("h2. see h3. too", "## see h3. too"),
    ("bq. said bq.", "> said bq."),
    ("h7. no heading", "h7. no heading"),
    ("bold.text", "bold.text"),
    # a rule has four or five hyphens
    ("a\n----\nb", "a\n\n---\n\nb"),
    ("a\n-----\nb", "a\n\n---\n\nb"),
    ("a\n--------\nb", "a\\\n\\--------\\\nb"),
    # two hyphens begin no list, but deepen one
    ("-- regards", "– regards"),  # noqa: RUF001
    ("text\n--- regards", "text\\\n— regards"),
    ("- one\n-- two", "* one\n  * two"),
    ("dash at the end --", "dash at the end –"),  # noqa: RUF001
    ("an --option or a-b", "an --option or a-b"),
    # what a backslash escapes
    (r"\@kim is at 5\%", "@kim is at 5%"),
    (r"C:\dir\file.txt and \d+", r"C:\dir\file.txt and \d+"),
    (r"{{dir\}} x", "`dir` x"),
    # the braces around code are no spaces
    ("{{a --}} {{-- x}} {{a -- x}}", "`a --` `-- x` `a – x`"),  # noqa: RUF001
    # an anchor of another page is shown as it was typed
    ("[x&#124;y] [Page#part]", r"[x\&#124;y](#124;y) [Page#part](#part)"),
    ("[C#] [a|Page#part] b", "[C#] [a|Page#part] b"),
]


@pytest.mark.parametrize(("wiki", "markdown"), RULES)
def test_rule(wiki: str, markdown: str) -> None:
    assert wiki_to_markdown(wiki) == markdown
