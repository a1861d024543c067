"""Tables of wiki markup: `||heading||`, `|cell|`, cells that go on over several lines."""

import re

# What may hold a bar without ending the cell, and the bars that end it.
_PIECE = re.compile(r"\\.|\[[^\[\]\n]*+\]|!(?![\s!])[^!\n|]*+\|[^!|\n]*+!|(\|\|?)")


def rows_of(lines: list[str]) -> list[str]:
    """Join the lines of a table to rows: a row ends with a bar, or where the next line begins with one."""
    rows: list[list[str]] = []
    for line in lines:
        if line.startswith("|"):
            rows.append([line])
        else:
            rows[-1].append(line)
    return ["\n".join(row).rstrip() for row in rows]


def cells_of(row: str) -> list[tuple[bool, str]]:
    """Split a row that begins with a bar; each cell says whether it is a heading."""
    cells: list[tuple[bool, str]] = []
    begin, heading = 0, False
    for match in _PIECE.finditer(row):
        if not match[1]:
            continue
        if match.start():
            cells.append((heading, row[begin : match.start()].strip()))
        begin, heading = match.end(), len(match[1]) == 2
    if rest := row[begin:].strip():
        cells.append((heading, rest))
    return cells
