"""Settings of the loader."""

from datetime import timedelta

from pydantic import Field

from shared.settings import HttpSettings, ServiceSettings


class LoaderSettings(ServiceSettings):
    """What the loader reads from its environment."""

    service_name: str = "loader"
    http: HttpSettings = HttpSettings(port=8082)
    # Large commands are cheap for the store; 500 documents of an import are about 1 MB.
    batch_records: int = Field(default=500, ge=1, le=5000)
    # How long to wait at start for a broker that is not there yet.
    start_timeout: timedelta = timedelta(seconds=60)
