"""What a document names, and in which order what an import created is removed."""

from typing import Any

import pytest

from services.connector.undo.references import BETWEEN_ISSUES, references
from services.connector.undo.shelves import FIELD, KEY, ORIGINAL, shelves
from shared.kinds import EntityKind
from tests.e2e.holdings import OPTIONAL, REQUIRED


@pytest.mark.parametrize(
    ("document", "named"),
    [
        ({"status_id": "s:status:3"}, ["s:status:3"]),
        ({"label_ids": ["s:label:a:b", "s:label:c"]}, ["s:label:a:b", "s:label:c"]),
        ({"custom_fields": {"s:field:f_1": {"by": "s:user:u"}}}, ["s:field:f_1", "s:user:u"]),
        ({"body": "by [@Kim](/users/s:user:5%28x)"}, ["s:user:5(x"]),
        ({"body": "see ![a](/attachments/s:attachment:7/a.png)"}, ["s:attachment:7"]),
        ({"body": "s: is no id, nor is /users/s:user:1"}, ["s: is no id, nor is /users/s:user:1"]),
        ({"status_id": "other:status:3", "count": 3, "gone": None, "workspace_id": 4}, []),
        ({"_id": "s:issue:1", "import_id": "s:i", "first_import_id": "s:i", "source": "s:x"}, []),
        ({"source_id": "s:issue:1", "item_id": "s:issue:2"}, ["s:issue:1", "s:issue:2"]),
    ],
)  # fmt: skip
def test_what_a_document_names(document: dict[str, Any], named: list[str]) -> None:
    assert list(references(document, "s")) == named


def test_what_links_issues_can_be_left_out() -> None:
    link = {"source_id": "s:issue:1", "target_id": "s:issue:2", "link_type_id": "s:link_type:3"}
    assert list(references(link, "s", apart=BETWEEN_ISSUES)) == ["s:link_type:3"]


def test_everything_has_a_shelf_and_what_refers_is_cleared_first() -> None:
    order = list(shelves("s"))
    assert set(order) == {*map(str, EntityKind), FIELD, KEY, ORIGINAL}
    for fields in (REQUIRED, OPTIONAL):
        for kind, targets in fields.items():
            for target in set(targets.values()) - {kind}:
                assert order.index(kind) < order.index(target), (kind, target)
