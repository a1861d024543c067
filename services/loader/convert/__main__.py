"""`python -m services.loader.convert adf < document.json` (or `wiki < text`) writes the Markdown."""

import json
import sys

from services.loader.convert import adf_to_markdown, wiki_to_markdown


def main(arguments: list[str]) -> int:
    # Bytes, not text streams: a body may hold lone surrogates and the locale may not be UTF-8.
    source = sys.stdin.buffer.read().decode("utf-8", "surrogateescape")
    match arguments:
        case ["adf"]:
            markdown = adf_to_markdown(json.loads(source))
        case ["wiki"]:
            markdown = wiki_to_markdown(source)
        case _:
            sys.stderr.write("usage: python -m services.loader.convert adf|wiki < body\n")
            return 2
    sys.stdout.buffer.write(markdown.encode("utf-8", "surrogateescape") + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
