"""`python -m services.fetcher`: run one fetcher until SIGTERM."""

from services.fetcher.app import create_app
from services.fetcher.settings import FetcherSettings
from shared.logging import configure_logging
from shared.service import serve


def main() -> None:
    """Read the settings once and serve."""
    settings = FetcherSettings()
    configure_logging(level=settings.log_level, fmt=settings.log_format, service=settings.service_name)
    serve(create_app(settings), settings.http)


if __name__ == "__main__":
    main()
