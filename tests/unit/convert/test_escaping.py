"""Plain text reads the same after our Markdown was rendered, whatever characters are in it."""

from unicodedata import normalize

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.loader.convert import adf_to_markdown, wiki_to_markdown
from services.loader.convert.text import code_span, escape, fence, finish
from tests.unit.convert.nodes import mark, node, paragraph, text
from tests.unit.convert.reading import html_of, read_html, text_of, words_of

_SIGNS = st.text(alphabet="ab1 .*_`~\\<>&;#-+=|![](){}:/'\"@\n^", max_size=40)
_PLAIN = st.one_of(_SIGNS, st.text(st.characters(exclude_categories=["Cc", "Cs", "Cf"]), max_size=30))


def _squeezed(words: str) -> str:
    return "".join(words.split())


@settings(max_examples=400)
@given(_PLAIN)
def test_text_of_a_document_reads_the_same(words: str) -> None:
    shown = text_of(adf_to_markdown(node("doc", paragraph(words))))
    assert _squeezed(shown) == _squeezed(words)


@settings(max_examples=300)
@given(_SIGNS, st.sets(st.sampled_from(["strong", "em", "strike"])), _SIGNS)
def test_marks_add_no_text_and_take_none(words: str, marks: set[str], after: str) -> None:
    document = paragraph("x", text(words, *sorted(marks)), after)
    assert _squeezed(text_of(adf_to_markdown(document))) == _squeezed(f"x{words}{after}")


@settings(max_examples=200)
@given(_SIGNS.filter(str.strip))
def test_a_label_reads_the_same_and_is_a_link(words: str) -> None:
    markdown = adf_to_markdown(paragraph(text(words, mark("link", href="https://h.example/"))))
    shown, tags = read_html(html_of(markdown))
    assert _squeezed(shown) == _squeezed(words)
    assert tags["a"] >= 1


@settings(max_examples=200)
@given(_SIGNS)
def test_code_reads_the_same(code: str) -> None:
    assert html_of(fence(code)).count("<pre>") == 1
    assert text_of(fence(code)).rstrip("\n") == code.rstrip("\n")
    assert _squeezed(text_of(f"x{code_span(code)}y")) == f"x{_squeezed(code)}y"


@settings(max_examples=300)
@given(st.text(alphabet="aw *_-+^~?{}[]|!\\#h1.:;()\n/&<`", max_size=60))
@example("^w^")
def test_wiki_text_never_raises_and_keeps_its_words(source: str) -> None:
    markdown = wiki_to_markdown(source)
    shown = words_of(text_of(markdown)) + words_of(markdown)
    letters = normalize("NFKC", "".join(shown))  # a raised `w` is a letter of its own
    assert "".join(words_of(source)).count("w") <= letters.count("w")


@pytest.mark.parametrize(
    "line", ["# h", "- a", "+ a", "1. a", "1) a", "> q", "===", "---", "| a |", "~~~", "```"]
)
def test_a_line_opens_no_block(line: str) -> None:
    page = html_of(finish(escape(f"x\n{line}\n{line}")))
    assert read_html(page)[1].keys() <= {"p", "br"}
