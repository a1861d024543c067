"""Apache Kafka's jars: resolved once into a lock file, then fetched and checked against it on every start."""

import hashlib
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import jgo
import requests
import stamina
from jgo.maven import MavenContext

KAFKA = "org.apache.kafka:kafka_2.13:4.3.1"
LOG_BINDING = "org.apache.logging.log4j:log4j-slf4j-impl:2.25.4"  # without one the broker logs nothing
LOCK_FILE = Path(__file__).with_name("kafka.lock")
LOCK_HEADER = f"# The jars of {KAFKA} and its log binding; written by `python -m deploy.embedded lock`.\n"


class JarMismatchError(RuntimeError):
    """A downloaded jar is not the one that was locked."""


@dataclass(frozen=True)
class LockedJar:
    """One jar by its Maven coordinates and its content."""

    group: str
    artifact: str
    version: str
    sha256: str

    @classmethod
    def parse(cls, line: str) -> Self:
        coordinates, sha256 = line.split()
        group, artifact, version = coordinates.split(":")
        return cls(group, artifact, version, sha256)

    def __str__(self) -> str:
        return f"{self.group}:{self.artifact}:{self.version} {self.sha256}"

    @property
    def filename(self) -> str:
        return f"{self.artifact}-{self.version}.jar"


def read_lock(path: Path = LOCK_FILE) -> list[LockedJar]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return [LockedJar.parse(line) for line in lines if line and not line.startswith("#")]


def write_lock(path: Path = LOCK_FILE) -> list[LockedJar]:
    """Resolve the broker anew and write down each jar with its checksum: for a change of version only."""
    # One after the other: resolved together, what the binding manages would change the broker's own versions.
    versions: dict[tuple[str, str], str] = {}
    for endpoint in (KAFKA, LOG_BINDING):
        for found in jgo.resolve(endpoint):
            if found.packaging == "jar":
                versions.setdefault((found.groupId, found.artifactId), found.version)
    with tempfile.TemporaryDirectory() as scratch:
        jars = [
            LockedJar(group, artifact, version, _sha256(_download(group, artifact, version, Path(scratch))))
            for (group, artifact), version in sorted(versions.items())
        ]
    path.write_text(LOCK_HEADER + "".join(f"{jar}\n" for jar in jars), encoding="utf-8")
    return jars


def fetch_jars(folder: Path, jars: list[LockedJar]) -> list[Path]:
    """The locked jars in `folder`, downloaded where they are missing; any other content raises.

    One at a time: jgo looks the host up anew for each, and small resolvers drop simultaneous look-ups.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return [_fetch(folder, jar) for jar in jars]


def _fetch(folder: Path, jar: LockedJar) -> Path:
    target = folder / jar.filename
    if target.exists() and _sha256(target) == jar.sha256:
        return target
    # A folder of its own beside the target: a cut download or a second process never leaves half a jar there.
    scratch = Path(tempfile.mkdtemp(dir=folder, prefix=".download-"))
    try:
        downloaded = _download(jar.group, jar.artifact, jar.version, scratch)
        if (actual := _sha256(downloaded)) != jar.sha256:
            raise JarMismatchError(f"{jar.filename}: sha256 is {actual}, locked is {jar.sha256}")
        downloaded.replace(target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return target


@stamina.retry(on=requests.RequestException, attempts=4)
def _download(group: str, artifact: str, version: str, cache: Path) -> Path:
    # A cache of its own for each try: jgo would take what a cut download left for the whole jar.
    context = MavenContext(repo_cache=Path(tempfile.mkdtemp(dir=cache)), timeout=60)
    return Path(context.project(group, artifact).at_version(version).artifact().resolve())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
