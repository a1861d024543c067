"""What a loader reads from its environment."""

from pydantic import Field

from shared.settings import ServiceSettings


class LoaderSettings(ServiceSettings):
    """Settings of one loader process; run as many as the topic has partitions, at most."""

    service_name: str = "loader"
    # As much as one fetch brings, 2 MB, is less than that; a cluster that brings more is held to it.
    batch_records: int = Field(default=2000, ge=1, le=5000)
