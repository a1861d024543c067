"""A broker with TLS or a password: everything that the driver insists on is there before it connects."""

import ssl
from typing import Any, cast

import pytest
from aiokafka.errors import KafkaConnectionError
from prometheus_client import CollectorRegistry
from pydantic import SecretStr

from shared.kafka import open_broker, security_of
from shared.settings import KafkaSettings

NOBODY = cast(Any, None)  # nothing is read here


def settings(protocol: str) -> KafkaSettings:
    return KafkaSettings(
        bootstrap_servers="127.0.0.1:1",  # nobody listens there
        security_protocol=protocol,
        sasl_username="me",
        sasl_password=SecretStr("hunter2"),
    )


@pytest.mark.filterwarnings("ignore:Unclosed AIOKafkaProducer:ResourceWarning")
@pytest.mark.parametrize("protocol", ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"])
async def test_the_driver_takes_every_protocol(protocol: str) -> None:
    broker = open_broker(settings(protocol), registry=CollectorRegistry(), service="loader", set_aside=NOBODY)
    with pytest.raises(KafkaConnectionError):
        await broker.connect()
    await broker.stop()


@pytest.mark.parametrize("protocol", ["SSL", "SASL_SSL"])
def test_certificates_are_checked(protocol: str) -> None:
    security = security_of(settings(protocol))
    assert security is not None
    assert security.use_ssl
    assert security.ssl_context is not None
    assert security.ssl_context.verify_mode is ssl.CERT_REQUIRED
    assert security.ssl_context.check_hostname


def test_a_password_without_tls_is_sent_as_asked() -> None:
    security = security_of(settings("SASL_PLAINTEXT"))
    assert security is not None
    assert not security.use_ssl
