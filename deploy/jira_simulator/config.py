"""What the command line decides, as one frozen value that the rest of the simulator reads."""

import argparse
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    deployment: str = "cloud"
    host: str = "127.0.0.1"
    port: int = 0
    data: tuple[Path, ...] = ()
    issues: int = 2000
    projects: int = 1
    seed: int = 1
    latency_ms: float = 0.0
    attachment_max_bytes: int = 65_536
    file_sizes: Mapping[int, int] = field(default_factory=dict)
    attachments: bool = True
    users_without_email: bool = False
    hub_issue: bool = True
    hub_comments: int = 120
    hub_worklogs: int = 45
    hub_histories: int = 150
    hub_description: int = 0
    bare: bool = False
    base_url: str | None = None
    context_path: str = ""
    search_cap: int = 1000
    window: int = 10_000
    same_minute: int = 0
    embedded_comments: int | None = None
    anonymous_public: bool = False
    basic_disabled: bool = False
    captcha: bool = False
    faults: tuple[dict[str, Any], ...] = ()
    limits: tuple[dict[str, Any], ...] = ()

    @property
    def hub(self) -> dict[str, int] | None:
        """The lengths of the lists of issue #7 of the first project."""
        if not self.hub_issue:
            return None
        return {
            "comments": self.hub_comments,
            "worklogs": self.hub_worklogs,
            "histories": self.hub_histories,
        }

    @property
    def cloud(self) -> bool:
        return self.deployment == "cloud"


def parse_args(argv: list[str] | None = None) -> Config:
    given = vars(_parser().parse_args(argv))
    given["data"] = tuple(Path(name) for name in (given["data"] or "").split(",") if name)
    given["faults"] = tuple(json.loads(given.pop("fault") or "[]"))
    given["limits"] = tuple(json.loads(given.pop("limit") or "[]"))
    given["file_sizes"] = {int(id_): int(size) for id_, _, size in given.pop("file_size")}
    given["context_path"] = given["context_path"].rstrip("/")
    return Config(**given)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deploy.jira_simulator", description=__doc__)
    add = parser.add_argument
    add("--deployment", choices=("cloud", "datacenter"), default="cloud")
    add("--host", default="127.0.0.1")
    add("--port", type=int, default=0, help="0 takes a free one")
    add("--context-path", default="", help="Data Center only, such as /jira")
    add("--base-url", help="what serverInfo calls itself (default: the listening URL)")
    _add_data_arguments(parser)
    add("--latency-ms", type=float, default=0.0)
    add("--search-cap", type=int, default=1000, help="largest page of a Data Center search")
    add("--window", type=int, default=10_000, help="deep paging limit of a Data Center search")
    add(
        "--embedded-comments",
        type=int,
        help="comments inside an issue (default: 20 on Cloud, all on Data Center)",
    )
    add("--anonymous-public", action="store_true", help="the first project is visible without a login")
    add("--basic-disabled", action="store_true", help="Data Center refuses every Basic login")
    add("--captcha", action="store_true", help="Data Center asks for a CAPTCHA at every Basic login")
    add("--fault", help="JSON list of fault rules, as POST /_sim/faults takes them")
    add("--limit", help="JSON list of rate limits, as POST /_sim/limits takes them")
    return parser


def _add_data_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--data", help="files of real issues (ndjson.gz), separated by commas; generated issues otherwise")
    add("--issues", type=int, default=2000, help="generated issues in all projects together")
    add("--projects", type=int, default=1)
    add("--seed", type=int, default=1)
    add("--same-minute", type=int, default=0, help="so many generated issues share one created minute")
    add("--attachment-max-bytes", type=int, default=65_536)
    add(
        "--file-size",
        action="append",
        default=[],
        type=lambda given: given.partition("="),
        metavar="ID=BYTES",
        help="size of one attachment, whatever the maximum",
    )
    add("--no-attachments", dest="attachments", action="store_false")
    add("--users-without-email", action="store_true")
    add("--no-hub-issue", dest="hub_issue", action="store_false", help="no issue with long lists")
    add("--hub-comments", type=int, default=120, help="so many comments on issue #7 of the first project")
    add("--hub-worklogs", type=int, default=45)
    add("--hub-histories", type=int, default=150)
    add("--hub-description", type=int, default=0, help="so many characters of description on the same issue")
    add("--bare", action="store_true", help="other issues have no comments, worklogs and history")
