"""Merged cells: readable where they are sensible, harmless where they are not."""

from typing import Any

from services.loader.convert import adf_to_markdown

Node = dict[str, Any]


def _cell(text: str, **attributes: int) -> Node:
    paragraph = {"type": "paragraph", "content": [{"type": "text", "text": text}]}
    return {"type": "tableCell", "attrs": attributes, "content": [paragraph]}


def _table(*rows: list[Node]) -> Node:
    return {"type": "table", "content": [{"type": "tableRow", "content": row} for row in rows]}


def test_merged_cells_keep_their_neighbours_in_place() -> None:
    rows = [[_cell("a", rowspan=2), _cell("b", colspan=2)], [_cell("c"), _cell("d")], [_cell("e")]]
    assert adf_to_markdown(_table(*rows)).split("\n")[2:] == ["| a | b |  |", "|  | c | d |", "| e |"]


def test_absurd_spans_stay_small() -> None:
    rows = [[_cell(f"w{number}", colspan=10**9, rowspan=10**9)] for number in range(300)]
    markdown = adf_to_markdown(_table(*rows))
    assert len(markdown) < 300 * 600
    assert all(f"w{number} " in markdown for number in range(300))
