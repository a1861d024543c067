"""What a loader reads from its environment."""

from pydantic import Field

from shared.settings import ServiceSettings


class LoaderSettings(ServiceSettings):
    """Settings of one loader process; run as many as the topic has partitions, at most."""

    service_name: str = "loader"
    # One fetch brings up to 2 MB, which are fewer records than that unless they are small.
    batch_records: int = Field(default=2000, ge=1, le=5000)
