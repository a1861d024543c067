"""Dead letters of a job, and what is asked and answered when they are tried again."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from services.connector.schemas.jobs import JobAnswer
from services.connector.schemas.parts import Answer, Request, left_out
from shared.state.dead_letters import Way


class PayloadReference(Answer):
    """Where that stands which is sent or read again: in the letter, the blob store or the task ledger."""

    kept_in: Literal["letter", "blob", "task"]
    id: str


class DeadLetterAnswer(Answer):
    """One thing that did not arrive."""

    name: str = Field(description="`{project}/{kind}/{id}`: what a replay calls it.")
    project: str
    kind: str
    id: str
    issue_id: str | None = left_out("Of the issue that it is, or hangs on.")
    stage: str = Field(description="`fetch`: Jira did not give it; `load`: Windshift did not take it.")
    code: str
    reason: str
    jira_message: str | None = left_out("Jira's own answer.")
    at: datetime
    payload: PayloadReference | None = left_out()
    replay: Way | None = left_out(
        "How it is tried again: `task` reads it from Jira, `payload` sends what was read, `issue` reads the"
        " issue that it hangs on."
    )
    no_replay: str | None = left_out("Why it cannot be tried again, and what to do.")
    retried_by: str | None = left_out("The task that tries it again right now.")


class DeadLetterPage(Answer):
    """A page of them, in the order of their names; `totals` count all that match."""

    total: int
    retriable: int = Field(description="Of those: can be tried again, and are not being.")
    dead_letters: list[DeadLetterAnswer]
    next: str | None = left_out("The `after` of the next page.")


class RetryRequest(Request):
    """How what failed is read again, where Jira is asked."""

    connection_id: str = Field(default="", description="Of another connection to the same site.")
    read_again: bool = Field(
        default=False,
        description="true: from Jira even where what was read is kept, since it was corrected there.",
    )


class ReplayRequest(RetryRequest):
    """Which dead letters are tried again; everything that is given must match, nothing given means all."""

    names: list[str] | None = Field(default=None, max_length=1000)
    project: str = ""
    kind: str = ""
    code: str = ""


class RetryAnswer(Answer):
    """What is tried again, and the job."""

    message: str
    retried: int = Field(description="Dead letters that are tried again by this request.")
    passed_over: int = Field(description="Dead letters that cannot be; each says why.")
    job: JobAnswer
