"""`make bench`: whole imports beside Windshift's own importer, the loader beside the store, the converters.

Name cases to run only those: `python -m tests.bench cloud ac`. What is huge runs only by its name, `huge`.
"""

import asyncio
import sys

import tests.bench.convert as convert
import tests.bench.huge as huge
import tests.bench.imports as imports
import tests.bench.loader as loader


def main() -> None:
    """Run everything but what is huge, or the cases that the command line names."""
    wanted = sys.argv[1:]
    asyncio.run(imports.main(wanted))
    if "huge" in wanted:
        asyncio.run(huge.main())
    if not wanted or "loader" in wanted:
        asyncio.run(loader.main())
    if not wanted or "convert" in wanted:
        convert.main()


if __name__ == "__main__":
    main()
