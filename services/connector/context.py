"""What the routes work with: opened once in the lifespan, handed to each request."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Request
from faststream.kafka import KafkaBroker

from services.connector.chores import Chores
from services.connector.event_log import EventLog
from services.connector.jira_access import JiraAccess
from services.connector.outlook import Outlooks
from services.connector.projects import ProjectLists
from services.connector.verify_loop import VerifyLoop
from shared.metrics import Metrics
from shared.mongo import Store
from shared.state import State


@dataclass(frozen=True, slots=True)
class Context:
    """The clients and repositories of this process."""

    store: Store
    state: State
    access: JiraAccess
    broker: KafkaBroker
    events: EventLog
    outlooks: Outlooks
    projects: ProjectLists
    chores: Chores
    verifications: VerifyLoop
    metrics: Metrics
    full_read_after: timedelta


def _context(request: Request) -> Context:
    context: Context = request.app.state.context
    return context


Ctx = Annotated[Context, Depends(_context)]
