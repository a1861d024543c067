"""Speed of the body converters on one core: `python -m tests.bench.convert`."""

import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

from services.loader.convert import adf_to_markdown, wiki_to_markdown
from tests.support.adf_documents import documents

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


def main() -> None:
    comments = [_COMMENT] * 5_000
    took = _seconds(wiki_to_markdown, comments)
    size = len(_COMMENT.encode()) * len(comments)
    _say(f"wiki: {size / took / 1e6:.1f} MB/s, {took / len(comments) * 1e6:.0f} us per {len(_COMMENT)} bytes")
    paragraphs = [_PARAGRAPH] * 20_000
    _say(f"ADF, one paragraph: {len(paragraphs) / _seconds(adf_to_markdown, paragraphs):.0f} documents/s")
    generated = [document.body for document in documents(5_000, seed=3)]
    _say(f"ADF, generated: {len(generated) / _seconds(adf_to_markdown, generated):.0f} documents/s")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
