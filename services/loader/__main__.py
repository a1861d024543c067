"""`python -m services.loader`: run one loader until SIGTERM."""

from services.loader.app import create_app
from services.loader.settings import LoaderSettings
from shared.service import run

if __name__ == "__main__":
    run(LoaderSettings, create_app)
