"""Trying the converters by hand: `python -m services.loader.convert`."""

import subprocess
import sys

import pytest

from deploy.embedded.places import ROOT

DOCUMENT = b'{"type": "heading", "attrs": {"level": 2}, "content": [{"type": "text", "text": "\xc3\xa4"}]}'


def convert(*arguments: str, source: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "services.loader.convert", *arguments]
    return subprocess.run(command, input=source, cwd=ROOT, capture_output=True, check=False)


@pytest.mark.parametrize(
    ("kind", "source", "markdown"),
    [
        ("adf", DOCUMENT, "## ä\n".encode()),
        ("wiki", b"h1. Title\r\n*bold* \xff", "# Title\n\n**bold** \ufffd\n".encode()),
    ],
)
def test_a_body_becomes_markdown(kind: str, source: bytes, markdown: bytes) -> None:
    done = convert(kind, source=source)
    assert (done.returncode, done.stdout, done.stderr) == (0, markdown, b"")


def test_anything_else_says_how_it_is_called() -> None:
    done = convert("markdown")
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"adf|wiki" in done.stderr
