"""Old keys of issues that were moved: people go on looking for them, and old texts name them."""

from collections.abc import Iterable

from shared.content import CREATED_BY
from shared.ids import key_id
from shared.kinds import EntityKind
from shared.mongo import Document


def aliases(documents: Iterable[Document]) -> list[Document]:
    """Return an alias for each key that the history among some documents says an issue has left."""
    return [
        {
            "_id": key_id(document["site"], change["from_text"]),
            "site": document["site"],
            "jira_key": change["from_text"],
            "item_id": document["item_id"],
            "import_id": document["import_id"],
            CREATED_BY: document["import_id"],
        }
        for document in documents
        if document["kind"] == EntityKind.HISTORY
        for change in document["changes"]
        if change["field"] == "Key" and change["field_type"] == "jira" and change["from_text"]
    ]
