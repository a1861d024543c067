"""The simulator's flags, as its own command line reads them."""

import pytest

from deploy.embedded.simulator import LOGINS, SimulatorOptions
from deploy.jira_simulator.config import parse_args


@pytest.mark.parametrize(
    ("deployment", "spoken"), [("cloud", "cloud"), ("cloud-scoped", "cloud"), ("datacenter", "datacenter")]
)
def test_each_deployment_has_a_product_and_a_login(deployment: str, spoken: str) -> None:
    options = SimulatorOptions(deployment=deployment)
    assert parse_args(options.flags()).deployment == spoken
    assert options.login is LOGINS[deployment]


def test_generated_data_has_a_size() -> None:
    config = parse_args(SimulatorOptions(issues=42, projects=3, latency_ms=1.5, seed=7).flags())
    assert (config.issues, config.projects, config.latency_ms, config.seed) == (42, 3, 1.5, 7)


def test_real_files_are_served_instead_and_attachments_may_be_cut() -> None:
    config = parse_args(SimulatorOptions(data="a.ndjson.gz,b.ndjson.gz", attachment_max_bytes=10).flags())
    assert [str(path) for path in config.data] == ["a.ndjson.gz", "b.ndjson.gz"]
    assert config.attachment_max_bytes == 10


def test_further_flags_are_passed_on() -> None:
    assert parse_args(SimulatorOptions(extra=("--captcha",)).flags()).captcha
