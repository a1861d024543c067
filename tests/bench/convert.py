"""Speed of the body converters on one core: `python -m tests.bench.convert`.

The real comments and descriptions are measured where they are at hand, a made-up comment always.
"""

import gzip
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from services.loader.convert import adf_to_markdown, wiki_to_markdown
from tests.support.adf_documents import documents

_REAL = Path(__file__).parents[3] / "shared" / "jira" / "data"
_COMMENT = """Thanks for the report. I can see it with version 7.4.1 on *two* of three machines:

# Open the _settings_ page, see https://docs.example.org/settings?tab=2
# Press {{Save}} twice
#* once with the mouse
#* once with the keyboard

{code:java}
Exception in thread "main" java.lang.IllegalStateException: already saved
\tat org.example.Store.save(Store.java:42)
\tat org.example.Main.main(Main.java:7)
{code}

[~kim], could you have a look at !screen.png|thumbnail! and tell me whether snake_case_names matter?
It worked before the last update, so I think that nothing but the cache is to blame. Nothing else was changed.
"""
_PARAGRAPH = {
    "type": "doc",
    "version": 1,
    "content": [
        {"type": "paragraph", "content": [{"type": "text", "text": "It worked - before (7.4)! " * 6}]}
    ],
}


def _seconds(convert: Callable[[Any], str], bodies: Iterable[Any]) -> float:
    begin = time.process_time()
    for body in bodies:
        convert(body)
    return time.process_time() - begin


def _real_bodies() -> Iterator[str]:
    for file in sorted(_REAL.glob("*.ndjson.gz")):
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            for line in lines:
                fields = json.loads(line)["fields"]
                comments = (fields.get("comment") or {}).get("comments", ())
                yield fields.get("description") or ""
                yield from (comment.get("body") or "" for comment in comments)


def _wiki(name: str, bodies: list[str]) -> None:
    took = _seconds(wiki_to_markdown, bodies)
    size = sum(len(body.encode()) for body in bodies)
    _say(f"wiki, {name}: {size / took / 1e6:.1f} MB/s, {took / len(bodies) * 1e6:.0f} us per body")


def main() -> None:
    if bodies := list(_real_bodies()):
        _wiki("real", bodies)
    _wiki("full of markup", [_COMMENT] * 2_000)
    paragraphs = [_PARAGRAPH] * 20_000
    _say(f"ADF, one paragraph: {len(paragraphs) / _seconds(adf_to_markdown, paragraphs):.0f} documents/s")
    generated = [document.body for document in documents(5_000, seed=3)]
    _say(f"ADF, generated: {len(generated) / _seconds(adf_to_markdown, generated):.0f} documents/s")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
