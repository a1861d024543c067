"""Does the verifications that were asked for, one after the other; those of a process that died, too."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Final
from uuid import uuid4

from pymongo.errors import PyMongoError

from services.connector.diagnosis.refusals import Refusal, log_refusal
from services.connector.jira_access import JiraAccess
from services.connector.verify import Verifier
from shared.errors import TransientError
from shared.kinds import UNDO_STATES
from shared.logging import get_logger
from shared.mongo import Store
from shared.state import State
from shared.state.verifications import Verification

log = get_logger("connector")

_LEASE: Final = timedelta(seconds=15)  # who is silent for so long is dead
_TRIES: Final = 5
_GONE: Final = "The connection of this import was deleted: connect to Jira again and name the new connection."
_UNDONE: Final = "The job is undone: there is nothing to verify any more."
_GIVEN_UP: Final = f"It was begun {_TRIES} times and never came to an end: see the log of the connector."


class VerifyLoop:
    """Claims open verifications; several connectors may do so side by side."""

    def __init__(self, store: Store, access: JiraAccess, *, lease: timedelta = _LEASE) -> None:
        self._store = store
        self._state = State(store)
        self._access = access.unhurried()
        self._lease = lease
        self._owner = str(uuid4())
        self._asked = asyncio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Work in the background for the length of a block; what is unfinished waits for the next one."""
        task = asyncio.create_task(self._run())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    def wake(self) -> None:
        """Say that a verification was asked for."""
        self._asked.set()

    async def _run(self) -> None:
        while True:
            self._asked.clear()
            try:
                while verification := await self._state.verifications.claim(self._owner, self._lease):
                    await self._hold(verification)
            except PyMongoError as error:
                log.warning("verification_waits", reason=str(error))
            with suppress(TimeoutError):  # now and then anyway: another process may have died
                await asyncio.wait_for(self._asked.wait(), self._lease.total_seconds() / 3)

    async def _hold(self, verification: Verification) -> None:
        """Work on a verification for as long as it is ours."""
        verifier = await self._prepare(verification)
        if isinstance(verifier, str):
            await self._fail(verification, verifier)
            return
        work = asyncio.create_task(self._work(verification, verifier))
        try:
            while not (await asyncio.wait({work}, timeout=self._lease.total_seconds() / 3))[0]:
                if not await self._tell(verification, verifier):
                    log.warning("verification_lost", import_id=verification.import_id)
                    return
            await work
        except asyncio.CancelledError:  # the service ends: the next one need not wait until the lease is over
            await self._state.verifications.release(verification.id, self._owner)
            raise
        finally:
            work.cancel()

    async def _prepare(self, verification: Verification) -> Verifier | str:
        """Return what does the work, or why it cannot be done."""
        if verification.tries > _TRIES:
            return verification.error_message or _GIVEN_UP
        import_ = await self._state.imports.get(verification.import_id)
        connection = await self._state.connections.get(verification.connection_id)
        if import_ is None or connection is None:
            return _GONE
        if import_.state in UNDO_STATES:
            return _UNDONE
        return Verifier(import_, await self._state.imports.projects(import_.id), connection, self._store)

    async def _work(self, verification: Verification, verifier: Verifier) -> None:
        try:
            verified = await verifier.verify(self._access)
        except Refusal as refusal:
            log_refusal(refusal)
            if isinstance(refusal.__cause__, TransientError):
                await self._try_later(verification, refusal.sentence)
            else:
                await self._fail(verification, refusal.sentence)
        except PyMongoError as error:
            await self._try_later(verification, f"The store failed: {error}")
        except Exception as error:  # an answer of another shape than Jira's, most likely
            log.exception("verification_broke", import_id=verification.import_id)
            await self._fail(verification, f"Something unexpected came in between: {error!r}")
        else:
            await self._tell(verification, verifier)
            await self._state.verifications.complete(
                verification, self._owner, summary=verified.summary, projects=verified.projects
            )
            log.info("verified", import_id=verification.import_id, identical=verified.summary["identical"])

    async def _tell(self, verification: Verification, verifier: Verifier) -> bool:
        """Keep the verification, and say how far it is."""
        return await self._state.verifications.extend(
            verification.id,
            self._owner,
            self._lease,
            issues_read=verifier.issues_read,
            requests=verifier.requests,
        )

    async def _try_later(self, verification: Verification, reason: str) -> None:
        log.warning("verification_waits", import_id=verification.import_id, reason=reason)
        await self._state.verifications.release(verification.id, self._owner, wait=self._lease, reason=reason)

    async def _fail(self, verification: Verification, reason: str) -> None:
        log.warning("verification_failed", import_id=verification.import_id, reason=reason)
        await self._state.verifications.fail(verification.id, self._owner, reason)
