"""Fixtures that every tier may use."""

pytest_plugins = ["tests.support.servers", "tests.support.simulator", "tests.support.connector"]
