"""`python -m services.loader`: settings from the environment, then serve until a signal."""

import sys

from pydantic import ValidationError

from services.loader.app import create_app
from services.loader.settings import LoaderSettings
from shared.logging import configure_logging
from shared.service import serve


def main() -> int:
    """Run the loader; 2 says that its settings are wrong."""
    try:
        settings = LoaderSettings()
    except ValidationError as error:
        sys.stderr.write(f"The loader's settings are wrong: {error}\n")
        return 2
    configure_logging(level=settings.log_level, fmt=settings.log_format, service=settings.service_name)
    serve(create_app(settings), settings.http)
    return 0


if __name__ == "__main__":
    sys.exit(main())
