"""What is known of an attachment without its bytes."""

from typing import Any
from urllib.parse import quote

from deploy.jira_simulator.config import Config
from deploy.jira_simulator.data.model import File
from deploy.jira_simulator.data.plan import mix

_FILE_KINDS = (
    ("screen.png", "image/png"), ("log.txt", "text/plain"), ("Überblick (final).pdf", "application/pdf"),
    ("data.csv", "text/csv"),
)  # fmt: skip


def file_of(config: Config, issue: int, attachment: int) -> File:
    name, mime = _FILE_KINDS[attachment % len(_FILE_KINDS)]
    size = min(config.attachment_max_bytes, 200 + mix(config.seed, attachment, 4) % 400_000)
    return File(attachment, issue, name, mime, config.file_sizes.get(attachment, size))


def attachment_json(file: File, api: str, root: str, *, cloud: bool) -> dict[str, Any]:
    """The metadata that does not depend on the data set; `content` is where each product keeps the bytes."""
    content = (
        f"{api}/attachment/content/{file.id}"
        if cloud
        else f"{root}/secure/attachment/{file.id}/{quote(file.name)}"
    )
    return {
        "self": f"{api}/attachment/{file.id}",
        "id": str(file.id),
        "filename": file.name,
        "size": file.size,
        "mimeType": file.mime,
        "content": content,
    }
