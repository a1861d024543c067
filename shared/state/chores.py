"""Work that steering an import leaves behind, kept with the import: a restart loses none of it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field


class ChoreKind(StrEnum):
    """What is to be done."""

    TELL = "tell"  # those who follow the import: its state changed
    REMAP = "remap"  # the loaders: another mapping is to be applied
    RETRY = "retry"  # the dead letters that were chosen are to become tasks
    UNDO = "undo"  # what the import created is to be removed from Windshift
    PUBLISH = "publish"  # the pending tasks of an import that goes on


class Chore(BaseModel):
    """One piece of work; doing it again changes nothing."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str = Field(default_factory=lambda: str(uuid4()))
    kind: ChoreKind
    spec: Mapping[str, Any] = Field(default_factory=dict)
