"""Fixtures that every tier may use."""

from hypothesis import settings

pytest_plugins = ["tests.support.servers", "tests.support.simulator", "tests.support.connector"]

# No test is timed: on a busy machine an example takes what it takes.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
