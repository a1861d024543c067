"""What a loader reads from its environment."""

from pydantic import Field

from shared.settings import ServiceSettings


class LoaderSettings(ServiceSettings):
    """Settings of one loader process; run as many as the topic has partitions, at most."""

    service_name: str = "loader"
    # Large commands are cheap for the store; 1,000 records are about 2 MB, as much as one fetch brings.
    batch_records: int = Field(default=1000, ge=1, le=5000)
