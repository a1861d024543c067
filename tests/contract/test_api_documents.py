"""The committed documents are what the code says."""

import json

import pytest

from deploy.api.__main__ import DOCUMENTS, FOLDER, rendered
from shared.contracts.channels import CHANNELS


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_document_is_up_to_date(name: str) -> None:
    committed = (FOLDER / name).read_text(encoding="utf-8")

    assert committed == rendered(DOCUMENTS[name]()), f"deploy/api/{name} is stale: run `make docs`"


def test_every_topic_is_described_with_its_dead_letters() -> None:
    document = json.loads((FOLDER / "asyncapi.json").read_text(encoding="utf-8"))

    topics = {name for channel in CHANNELS for name in (channel.topic, channel.dead_letter_topic)}
    assert document["asyncapi"] == "3.0.0"
    assert set(document["channels"]) == topics
    assert {"ImportRequested", "FetchTask", "EntityFetched", "BatchLoaded"} <= set(
        document["components"]["schemas"]
    )


def test_every_route_documents_its_answer_and_its_errors() -> None:
    document = json.loads((FOLDER / "openapi.json").read_text(encoding="utf-8"))

    routes = {path: methods for path, methods in document["paths"].items() if path.startswith("/api/")}
    assert len(routes) > 10
    for path, methods in routes.items():
        for method, route in methods.items():
            assert {"400", "401", "413", "503", "default"} <= set(route["responses"]), (method, path)
            assert route["security"] == [{"HTTPBearer": []}]
            assert route["description"]
            assert "HTTPValidationError" not in json.dumps(route)
