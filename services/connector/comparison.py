"""Lays sets of Jira's ids beside Windshift's store: what is missing, what is extra, what was changed.

One pass over the store for all projects together, a page of documents in memory at a time.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

from shared.blobs import Blobs
from shared.content import GONE, is_intact
from shared.contracts.events import BlobRef
from shared.errors import PermanentError
from shared.id_sets import IdSet
from shared.ids import entity_id
from shared.kinds import EntityKind
from shared.mongo import Document, Store
from shared.reconcile import KindReconciliation
from shared.sink import COLLECTION_OF, MAPPED

_PAGE: Final = 200  # documents; most are a few kilobytes, the largest 16 MB
_POINTERS: Final = ("workspace_id", "item_id", "source_id", "target_id")  # to what a document belongs to
_LEAN: Final = dict.fromkeys(("_id", "import_id", "jira_key", "blob", GONE, *_POINTERS), 1)
_OF_THE_SITE: Final = frozenset(  # these need not belong to one project
    {
        EntityKind.PROJECT,
        EntityKind.USER,
        EntityKind.LABEL,
        EntityKind.ISSUE_TYPE,
        EntityKind.STATUS,
        EntityKind.PRIORITY,
        EntityKind.RESOLUTION,
        EntityKind.SECURITY_LEVEL,
        EntityKind.LINK_TYPE,
        EntityKind.SPRINT,
        EntityKind.BOARD,
    }
)
_ISSUES_FIRST: Final = sorted(COLLECTION_OF, key=lambda kind: (kind is not EntityKind.ISSUE, kind))


@dataclass(slots=True)
class KindComparison(KindReconciliation):
    """One kind of one project. `changed`: in Windshift, since an import wrote it."""

    extra: IdSet = field(default_factory=IdSet)
    changed: IdSet = field(default_factory=IdSet)


@dataclass(slots=True)
class ProjectComparison:
    """One project: the `_id` of its workspace, and what is expected of each kind.

    A workspace that was there before may hold other projects too.
    """

    key: str
    workspace: str
    has_own_workspace: bool
    kinds: dict[EntityKind, KindComparison]

    def of(self, kind: EntityKind) -> KindComparison:
        """Return the comparison of a kind; a new one for a kind of which nothing was expected."""
        return self.kinds.setdefault(kind, KindComparison())

    def ordered(self) -> list[tuple[EntityKind, KindComparison]]:
        """Return the kinds of which there is anything, in order of their names."""
        kinds = self.kinds.items()
        return sorted((kind, one) for kind, one in kinds if one.expected or one.extra or one.gone)

    def owns(self, document: Document, issues: Sequence[str]) -> bool:
        """Tell whether an unexpected document belongs here: to the workspace, or to an issue of it."""
        if document.get("workspace_id") == self.workspace:
            key = str(document.get("jira_key", ""))
            return self.has_own_workspace or key.rpartition("-")[0] == self.key
        known = self.of(EntityKind.ISSUE)
        return any(issue in known.expected or issue in known.extra for issue in issues)


@dataclass(frozen=True, slots=True)
class Compared:
    """How many documents were read, and which of them belong to no project at all."""

    documents: int
    unplaced: dict[EntityKind, IdSet]


async def compare(
    store: Store,
    site: str,
    projects: Sequence[ProjectComparison],
    *,
    contents: bool,
    passed_over: Collection[str] = (),
) -> Compared:
    """Fill in what of the projects is stored, extra and (with `contents`) changed.

    Extra is what has an identity of Jira's, belongs to one of the projects and was not expected. What belongs
    to a whole site, such as users, is never extra. Nor is what an import of `passed_over` wrote, or what is
    marked as gone from Jira.
    """
    comparison = _Comparison(store, site, projects, contents, frozenset(passed_over))
    for kind in _ISSUES_FIRST:
        await comparison.scan(kind)
    if contents:
        await comparison.look_for_bytes()
    return Compared(comparison.documents, comparison.unplaced)


@dataclass(slots=True)
class _Comparison:
    store: Store
    site: str
    projects: Sequence[ProjectComparison]
    contents: bool
    passed_over: frozenset[str]
    documents: int = 0
    unplaced: dict[EntityKind, IdSet] = field(default_factory=dict)
    _issues: IdSet = field(default_factory=IdSet)  # of all projects, in Jira or in Windshift
    _with_bytes: IdSet = field(default_factory=IdSet)

    async def scan(self, kind: EntityKind) -> None:
        """Go once over all documents of a kind, and over what stands in for them."""
        expected, stored, changed = _union(self.projects, kind), IdSet(), IdSet()
        prefix = entity_id(self.site, kind, "")
        for collection in (COLLECTION_OF[kind], MAPPED):
            async for page in self._pages(collection, prefix):
                found = {document["_id"].removeprefix(prefix): document for document in page}
                present = [id_ for id_ in found if id_ in expected]
                stored.update(present)
                if self.contents:
                    blobs = Blobs(self.store)
                    changed.update([id_ for id_ in present if not await is_as_written(found[id_], blobs)])
                if kind is EntityKind.ATTACHMENT:
                    self._with_bytes.update(id_ for id_ in present if found[id_].get("blob"))
                if collection != MAPPED:
                    self._note_extra(kind, {id_: found[id_] for id_ in found.keys() - set(present)})
        for project in self.projects:
            if kind in project.kinds:
                account = project.kinds[kind]
                account.stored, account.changed = account.expected & stored, account.expected & changed
        if kind is EntityKind.ISSUE:
            self._issues = _union(self.projects, kind)

    async def look_for_bytes(self) -> None:
        """An attachment that lost its bytes is not what was written."""
        prefix = entity_id(self.site, EntityKind.ATTACHMENT, "")
        complete = IdSet()
        async for page in self._pages("attachments.files", prefix):
            complete.update(file["_id"].removeprefix(prefix) for file in page)
        for project in self.projects:
            if attachments := project.kinds.get(EntityKind.ATTACHMENT):
                attachments.changed |= (attachments.stored & self._with_bytes) - complete

    async def _pages(self, collection: str, prefix: str) -> AsyncIterator[list[Document]]:
        """Iterate over the documents of a kind: their `_id`s are neighbours in the index."""
        query = {"_id": {"$gte": prefix, "$lt": f"{prefix[:-1]};"}}  # `;` follows `:`
        fields = None if self.contents else _LEAN
        cursor = self.store.windshift[collection].find(query, fields, batch_size=_PAGE)
        while page := await cursor.to_list(_PAGE):
            self.documents += len(page)
            yield page

    def _note_extra(self, kind: EntityKind, unexpected: dict[str, Document]) -> None:
        extra: dict[int, list[str]] = defaultdict(list)
        for jira_id, document in unexpected.items():
            if document.get("import_id") in self.passed_over or document.get(GONE):
                continue
            if not any(document.get(name) for name in _POINTERS):
                if kind not in _OF_THE_SITE:
                    self.unplaced.setdefault(kind, IdSet()).update([jira_id])
                continue
            owner = self._owner(document)
            if owner is not None:
                extra[owner].append(jira_id)
        for number, ids in extra.items():
            self.projects[number].of(kind).extra.update(ids)

    def _owner(self, document: Document) -> int | None:
        """Return which of the projects a document belongs to."""
        prefix = entity_id(self.site, EntityKind.ISSUE, "")
        pointed = [str(document.get(name)).removeprefix(prefix) for name in _POINTERS]
        issues = [issue for issue in pointed if issue in self._issues]
        owners = (number for number, one in enumerate(self.projects) if one.owns(document, issues))
        return next(owners, None)


async def is_as_written(document: Document, blobs: Blobs) -> bool:
    """Tell whether a document, read whole, still is what an import wrote."""
    if aside := document.get("source_blob"):  # too large to stay in the document
        try:
            source = await blobs.read(BlobRef.model_validate(aside))
        except PermanentError:
            return False
        document = {**document, "source": source.decode(errors="replace")}
        del document["source_blob"]
    return is_intact(document)


def _union(projects: Sequence[ProjectComparison], kind: EntityKind) -> IdSet:
    """Return the ids of a kind that any of the projects has, in Jira or in Windshift."""
    union = IdSet()
    for project in projects:
        if kind in project.kinds:
            union = union | project.kinds[kind].expected | project.kinds[kind].extra
    return union
