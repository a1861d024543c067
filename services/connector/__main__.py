"""`python -m services.connector`: run one connector until SIGTERM."""

from services.connector.app import create_app, end_streams
from services.connector.settings import ConnectorSettings
from shared.service import run

if __name__ == "__main__":
    run(ConnectorSettings, create_app, on_exit=end_streams)
