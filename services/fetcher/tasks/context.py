"""What a task may use, and how it names its follow-ups and dead letters."""

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from services.fetcher.sessions import Session
from services.fetcher.settings import FetcherSettings
from shared.blobs import Blobs
from shared.groups import groups
from shared.id_sets import IdSet
from shared.jira.endpoints import MYSELF
from shared.jira.errors import JiraCaptchaError, JiraError
from shared.kinds import EntityKind, TaskKind
from shared.logging import get_logger
from shared.state.dead_letters import DeadLetter, DeadLetters
from shared.state.ledger import Ledger, Task

jira_log = get_logger("jira")


@dataclass(frozen=True, slots=True)
class TaskContext:
    """One task, the session of its project, and the parts of the fetcher that tasks work with."""

    task: Task
    session: Session
    settings: FetcherSettings
    ledger: Ledger
    dead_letters: DeadLetters
    blobs: Blobs

    async def optional(self, asked: Awaitable[Any]) -> Any | None:
        """Return an answer of Jira, or None where this account may not read it or the feature is off.

        An import without it is whole in what the account may see: it is named in the log and is no failure.
        Raises for a credential that is dead, whatever the refusal says.
        """
        try:
            return await asked
        except JiraCaptchaError:
            raise  # asking once more would keep the account locked
        except JiraError as error:
            await self.session.jira.get(MYSELF)
            jira_log.info(
                "not_readable",
                project=self.task.project_key,
                endpoint=error.endpoint,
                status=error.status,
                message=error.jira_message,
            )
            return None

    async def known(self) -> IdSet:
        """Return the issues that were read before this round; kept while the project is being read."""
        known, round_ = self.session.known, self.task.round
        if round_ not in known:
            known[round_] = await (self._listed_once() if round_ % 2 else self._read_before())
        return known[round_]

    async def _listed_once(self) -> IdSet:
        """Of a round that looks again: what the walk before it showed, if that came to its end."""
        listed = await self.ledger.last_listed(self.task.run, before=self.task.round)
        return listed.ids if listed else IdSet()

    async def _read_before(self) -> IdSet:
        """What an earlier import has read, and what this one has been reading before a retry."""
        base = self.session.run.base
        listed = await self.ledger.last_listed(base) if base else None
        known = listed.ids if listed else IdSet()
        rounds = await self.ledger.listings(self.task.run) if self.task.retry else {}
        for round_, one in rounds.items():
            if round_ < self.task.round:
                known = known | one.ids
        return known

    def follow_up(self, kind: TaskKind, ordinal: str, spec: Mapping[str, Any]) -> Task:
        """Return a further task of the same round of the project."""
        return replace(self.task, kind=kind, ordinal=ordinal, spec=spec, listing=None)

    def cut(self, kind: TaskKind, ids: Sequence[Any], size: int) -> list[Task]:
        """Return tasks for so many ids each (`spec["ids"]`), named after this one."""
        return [
            self.follow_up(kind, f"{self.task.ordinal}.{number:03d}", {"ids": some})
            for number, some in enumerate(groups(ids, size))
        ]

    def malformed(
        self, kind: EntityKind, id_: str, count: int, *, issue_id: str | None = None
    ) -> list[DeadLetter]:
        """Return a letter about things of a kind that came without what tells them apart; none for none."""
        if not count:
            return []
        reason = f"{count} {kind}(s) came from Jira without an id, or in a shape that is not Jira's"
        return [self.letter(kind, id_, code="malformed", reason=reason, issue_id=issue_id)]

    def letter(
        self,
        kind: EntityKind,
        id_: str,
        *,
        code: str,
        reason: str,
        issue_id: str | None = None,
        jira_message: str | None = None,
        payload: str | None = None,
    ) -> DeadLetter:
        """Return the dead letter of something that Jira did not give."""
        return DeadLetter(
            import_id=self.task.import_id,
            project_key=self.task.project_key,
            kind=kind,
            id=id_,
            issue_id=issue_id,
            stage="fetch",
            code=code,
            reason=reason,
            jira_message=jira_message,
            payload=payload,
            task=self.task.id,
        )
