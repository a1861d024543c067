"""`python -m services.fetcher`: run one fetcher until SIGTERM."""

from services.fetcher.app import create_app
from services.fetcher.settings import FetcherSettings
from shared.service import run

if __name__ == "__main__":
    run(FetcherSettings, create_app)
