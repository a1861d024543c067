"""The examples of both READMEs, typed exactly as they are written: what they show is what comes."""

import asyncio
import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from deploy.embedded.places import ROOT
from tests.e2e.commands import Checkout, Command

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(240),
    pytest.mark.skipif(shutil.which("curl") is None, reason="the examples need curl"),
]

PAGES = ("README.md", "deploy/api/README.md")
ELIDED = "…"
DIFFERENT_EACH_TIME = re.compile(r"…|^\d{4}-\d\d-\d\dT")
WITHIN = 60.0  # seconds until an answer is as shown: an import takes a while


class Example(NamedTuple):
    """Commands, and the answer that is shown below them, if any."""

    commands: str
    answer: Any | None


def examples() -> Iterator[Example]:
    """All blocks that speak to the API, in their order."""
    for page in PAGES:
        text = (ROOT / page).read_text(encoding="utf-8")
        text = text[text.index("# The API by example") :]
        for commands, shown in re.findall(r"```sh\n(.*?)```\n(?:```json\n(.*?)```\n)?", text, re.DOTALL):
            if "call" in commands:
                yield Example(commands, _parsed(shown) if shown else None)


def _parsed(shown: str) -> Any:
    """Read JSON in which `…` stands for further members."""
    marked = re.sub(r",\s*…\s*}", f', "{ELIDED}": 0}}', shown)
    return json.loads(re.sub(r",\s*…\s*]", f', "{ELIDED}"]', marked))


def differences(shown: Any, came: Any, where: str = "") -> Iterator[str]:
    if isinstance(shown, dict) and isinstance(came, dict):
        for name in shown.keys() - {ELIDED}:
            yield from differences(shown[name], came.get(name, "nothing"), f"{where}.{name}")
        if ELIDED not in shown and (more := came.keys() - shown.keys()):
            yield f"{where} has {sorted(more)} too"
    elif isinstance(shown, list) and isinstance(came, list):
        listed = [one for one in shown if one != ELIDED]
        if len(came) != len(listed) and not (len(listed) < len(shown) and len(listed) < len(came)):
            yield f"{where} has {len(came)} elements"
        for number, (one, other) in enumerate(zip(listed, came, strict=False)):
            yield from differences(one, other, f"{where}[{number}]")
    elif shown != came and not _changes(shown, came):
        yield f"{where} is {came!r} instead of {shown!r}"


def _changes(shown: Any, came: Any) -> bool:
    """Tell whether a text is shown with `…` in it, or is a time."""
    return isinstance(shown, str) and isinstance(came, str) and bool(DIFFERENT_EACH_TIME.search(shown))


async def test_the_examples_answer_as_shown(checkout: Checkout) -> None:
    folder = checkout("examples")
    shown = list(examples())
    with Command("up", folder, DEPLOYMENT="datacenter") as up:
        await up.stack()
        for example in shown:
            await _holds(example, folder)
    assert len(shown) >= 12


async def _holds(example: Example, folder: Path) -> None:
    """Type an example until it answers as shown: what it asks about may go on for a while."""
    deadline = time.monotonic() + WITHIN
    while found := await _run(example, folder):
        assert time.monotonic() < deadline, "\n".join([example.commands, *found])
        await asyncio.sleep(0.5)


async def _run(example: Example, folder: Path) -> list[str]:
    """Type the commands in a shell that knows what the earlier ones defined; return what is not as shown."""
    known = folder / "known.sh"
    keep = f"{{ declare -f; declare -p API JIRA CONNECTION JOB; }} > {known} 2> /dev/null"
    script = f"if [ -e {known} ]; then . {known}; fi\n{example.commands}\n{keep}"
    shell = await asyncio.create_subprocess_exec(
        "bash", "-c", script, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    said, complaints = await shell.communicate()
    if example.answer is None:
        return []
    try:
        return list(differences(example.answer, json.loads(said)))
    except ValueError:
        return [said.decode(), complaints.decode()]
