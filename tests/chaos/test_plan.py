"""What goes wrong is decided by seed and number, and everything has its turn."""

from tests.chaos.plan import faults


def test_a_seed_and_a_number_decide_what_goes_wrong() -> None:
    assert faults(7, 41) == faults(7, 41)
    assert faults(7, 41) != faults(8, 41)


def test_every_fault_has_its_turn() -> None:
    every = {fault.name for number in range(27) for fault in faults(1, number)}
    assert len(every) == 27
