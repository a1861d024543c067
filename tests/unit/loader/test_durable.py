"""What the store was given is not given again, as long as it is the last that it was given."""

from collections.abc import Sequence

import pytest

from services.loader import durable as module
from services.loader.durable import Acknowledged
from services.loader.inbox import Loadable
from services.loader.tally import newest
from services.loader.writer import Outcome, Written
from shared.kinds import EntityKind
from tests.unit.loader.entities import entity
from tests.unit.loader.test_inbox import opened, records


async def labels(*names: str, id_: str = "1") -> Sequence[Loadable]:
    """One label after the other, each with another name."""
    said = [entity(EntityKind.LABEL, id_, {"name": name}).to_bytes() for name in names]
    return (await opened(records(*said))).loadables


async def given(known: Acknowledged, loadables: Sequence[Loadable], outcome: Outcome) -> None:
    winners = newest(loadables)
    known.add(loadables, winners, Written(dict.fromkeys(winners, outcome)))


@pytest.mark.parametrize(
    ("outcome", "held"),
    [
        (Outcome.INSERTED, True),
        (Outcome.REPLACED, True),
        (Outcome.UNCHANGED, True),
        (Outcome.STALE, False),
        (Outcome.KEPT, False),
    ],
)
async def test_what_the_store_has_taken_as_it_was_is_held(outcome: Outcome, held: bool) -> None:
    known = Acknowledged()
    await given(known, await labels("red"), outcome)
    (red,) = await labels("red")
    assert known.holds(red) is held


async def test_a_version_that_lost_to_another_one_of_its_batch_is_not_held() -> None:
    known = Acknowledged()
    full, less = await labels("dark red", "red")
    await given(known, [full, less], Outcome.INSERTED)
    assert (known.holds(full), known.holds(less)) == (True, False)


async def test_of_very_many_things_the_last_version_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_HASHES", 2)
    known = Acknowledged()
    red, blue = await labels("red", "blue")
    for batch in ([red], await labels("a", id_="2"), [blue]):
        await given(known, batch, Outcome.REPLACED)
    assert (known.holds(red), known.holds(blue)) == (False, True)


async def test_what_is_taken_is_forgotten() -> None:
    known = Acknowledged()
    (red,) = await labels("red")
    await given(known, [red], Outcome.INSERTED)
    assert list(known.take("import-1", "ABC")[EntityKind.LABEL]) == ["1"]
    assert not known.holds(red)
    assert known.take("import-1", "ABC") == {}
