"""The broker's configuration for one node on loopback."""

from pathlib import Path

LOG4J = """
status = error
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{ISO8601} %p %m (%c{1})%n
"""


def server_properties(data: Path, port: int, controller_port: int, advertised_port: int) -> str:
    """Broker and controller in one process; clients are told the advertised port."""
    properties: dict[str, object] = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.voters": f"1@127.0.0.1:{controller_port}",
        "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}",
        "advertised.listeners": f"PLAINTEXT://127.0.0.1:{advertised_port}",
        "controller.listener.names": "CONTROLLER",
        "log.dirs": data,
        # a typo in a topic's name must fail, as in production
        "auto.create.topics.enable": "false",
        # one node cannot replicate, and few partitions of the internal topics start faster
        "default.replication.factor": 1,
        "offsets.topic.replication.factor": 1,
        "offsets.topic.num.partitions": 1,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "transaction.state.log.num.partitions": 1,
        "share.coordinator.state.topic.replication.factor": 1,
        "share.coordinator.state.topic.min.isr": 1,
        "share.coordinator.state.topic.num.partitions": 1,
        # two fetchers start together: the first waits that long for the second, which would else have to
        # interrupt it, at the price of a heartbeat (3 s)
        "group.initial.rebalance.delay.ms": 300,
        "group.min.session.timeout.ms": 1000,
        # after a SIGKILL the broker is back in 5 s instead of 13
        "broker.session.timeout.ms": 3000,
        "broker.heartbeat.interval.ms": 500,
    }
    return "".join(f"{name}={value}\n" for name, value in properties.items())
