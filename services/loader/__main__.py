"""`python -m services.loader`: run one loader until SIGTERM."""

from services.loader.app import create_app
from services.loader.settings import LoaderSettings
from shared.logging import configure_logging
from shared.service import serve


def main() -> None:
    """Read the settings once and serve."""
    settings = LoaderSettings()
    configure_logging(level=settings.log_level, fmt=settings.log_format, service=settings.service_name)
    serve(create_app(settings), settings.http)


if __name__ == "__main__":
    main()
