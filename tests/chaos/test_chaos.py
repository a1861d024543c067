"""Twenty rounds of `make chaos`, each another one of the things that go wrong, with smaller imports."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from deploy.embedded.simulator import SimulatorOptions
from tests.chaos.opening import opened
from tests.chaos.round import Truth, play, undisturbed
from tests.chaos.world import World

SEED, ROUNDS = 1, 20
OPTIONS = SimulatorOptions(issues=300, projects=3, attachment_max_bytes=65_536)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[World, Truth]]:
    """One stack for all rounds: what one of them leaves behind, the next one meets."""
    async with opened(tmp_path_factory.mktemp("chaos"), OPTIONS) as world:
        yield world, await undisturbed(world)


@pytest.mark.parametrize("number", range(ROUNDS))
async def test_nothing_is_lost_doubled_stuck_or_miscounted(scene: tuple[World, Truth], number: int) -> None:
    outcome = await play(*scene, seed=SEED, number=number)
    again = f"make chaos SEED={SEED} FIRST={number} ROUNDS=1 ISSUES={OPTIONS.issues}"
    assert outcome.good, f"{outcome}\n  again: {again}"
