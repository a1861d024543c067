"""`python -m services.connector`: serves until it is told to stop."""

import sys

from services.connector.app import create_app, end_streams
from services.connector.settings import ConnectorSettings
from shared.errors import ConfigError
from shared.logging import configure_logging
from shared.service import serve


def main() -> None:
    """Read the settings, refuse unusable ones with a clear word, serve."""
    try:
        settings = ConnectorSettings()
        configure_logging(level=settings.log_level, fmt=settings.log_format, service=settings.service_name)
        app = create_app(settings)
    except ConfigError as error:
        sys.exit(f"connector: {error}")
    serve(app, settings.http, on_exit=lambda: end_streams(app))


if __name__ == "__main__":
    main()
