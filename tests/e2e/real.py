"""What can be told about files of real issues by reading them, without any of the project's code."""

import gzip
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def ends_outside(files: Sequence[Path]) -> Counter[str]:
    """Count how often a link ends, or a parent stands, in another project than these; by issue id.

    An epic elsewhere is no reference: Data Center names it by its key, and nobody knows its id.
    """
    issues = [issue["fields"] | {"id": issue["id"]} for file in files for issue in _issues(file)]
    links = {link["id"]: link for issue in issues for link in issue.get("issuelinks") or ()}
    ends = [link.get("outwardIssue") or link["inwardIssue"] for link in links.values()]
    parents = [issue.get("parent") for issue in issues]
    named = Counter(str(one["id"]) for one in ends + parents if one)
    for issue in issues:
        named.pop(issue["id"], None)
    return named


def _issues(file: Path) -> list[dict[str, Any]]:
    with gzip.open(file) as lines:
        return [json.loads(line) for line in lines]
