"""20,000 documents, most of which break the schema: none raises, and no word of a text node is lost."""

import re
import unicodedata

from services.loader.convert import adf_to_markdown
from tests.support.adf_documents import documents
from tests.unit.convert.reading import text_of

_WORD = re.compile(r"w\d+x\d+z")


def _lost(words: list[str], markdown: str) -> list[str]:
    # Superscript and subscript letters are the same letters.
    found = set(_WORD.findall(unicodedata.normalize("NFKC", markdown)))
    return [word for word in words if word not in found]


def test_every_text_node_arrives() -> None:
    for number, document in enumerate(documents(20_000, seed=1)):
        lost = _lost(document.words, adf_to_markdown(document.body))
        assert not lost, (number, lost, document.body)


def test_every_text_node_is_visible_after_rendering() -> None:
    for number, document in enumerate(documents(1_500, seed=2)):
        lost = _lost(document.words, text_of(adf_to_markdown(document.body)))
        assert not lost, (number, lost, document.body)
