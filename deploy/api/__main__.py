"""`python -m deploy.api`: writes openapi.json and asyncapi.json anew."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from deploy.api.asyncapi import asyncapi
from deploy.api.openapi import openapi

DOCUMENTS: Final[dict[str, Callable[[], dict[str, Any]]]] = {
    "openapi.json": openapi,
    "asyncapi.json": asyncapi,
}
FOLDER: Final = Path(__file__).parent


def rendered(document: dict[str, Any]) -> str:
    """Return a document as it is committed."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Write both documents beside this file."""
    for name, build in DOCUMENTS.items():
        (FOLDER / name).write_text(rendered(build()), encoding="utf-8")


if __name__ == "__main__":
    main()
