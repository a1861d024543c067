"""Records of the task topic as the consumer hands them over."""

from aiokafka import ConsumerRecord

from shared.contracts.channels import FETCH_TASK
from shared.contracts.events import FetchTask
from shared.kinds import TaskKind


def record(value: bytes, *, offset: int = 0, partition: int = 0) -> ConsumerRecord:
    return ConsumerRecord(
        FETCH_TASK.topic, partition, offset, 0, 0, b"key", value, None, 3, len(value), ()
    )  # fmt: skip


def task_record(
    name: str,
    *,
    offset: int = 0,
    partition: int = 0,
    site: str = "site",
    import_id: str = "import",
    kind: TaskKind = TaskKind.ISSUES,
) -> ConsumerRecord:
    """A task is named `{project}/{anything}` here."""
    task = FetchTask(import_id=import_id, site=site, task_id=name, project_key=name.split("/")[0], kind=kind)
    return record(task.model_dump_json().encode(), offset=offset, partition=partition)
