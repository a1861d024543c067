"""The three services on one broker and one store, in front of simulated Jiras."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Final

import pytest
from pydantic import SecretStr

from services.fetcher.app import create_app as create_fetcher
from services.fetcher.settings import FetcherSettings
from services.loader.app import create_app as create_loader
from services.loader.settings import LoaderSettings
from shared.contracts.channels import ENTITIES, FETCH_TASK, IMPORT_REQUESTED, PROGRESS, REMAP
from shared.settings import JiraSettings, KafkaSettings, MongoSettings, SecretsSettings
from tests.support.connector import KEY, Connector
from tests.support.groups import pass_over

GROUPS: Final = {
    IMPORT_REQUESTED: "fetcher.imports",
    FETCH_TASK: "fetcher.tasks",
    ENTITIES: "loader.entities",
    PROGRESS: "connector.progress",
    REMAP: "loader.remaps",
}


@pytest.fixture
async def services(
    connector: Connector, kafka_settings: KafkaSettings, mongo_settings: MongoSettings
) -> AsyncIterator[Connector]:
    """One of each service on one store; what other tests left in the topics is behind their groups."""
    for channel, group in GROUPS.items():
        if channel is not PROGRESS:  # the connector runs already
            await pass_over(kafka_settings.bootstrap_servers, group, channel.topic)
    fetcher = FetcherSettings(
        kafka=kafka_settings,
        mongo=mongo_settings,
        jira=JiraSettings(allow_private_addresses=True),
        secrets=SecretsSettings(key=SecretStr(KEY)),
    )
    apps = [
        create_fetcher(fetcher),
        create_loader(LoaderSettings(kafka=kafka_settings, mongo=mongo_settings)),
    ]
    async with AsyncExitStack() as stack:
        for app in apps:
            await stack.enter_async_context(app.router.lifespan_context(app))
        yield connector
