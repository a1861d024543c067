"""Which offsets may be committed: those before the first record that is not done."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from aiokafka import TopicPartition


@dataclass(slots=True)
class _Partition:
    open: dict[int, None] = field(default_factory=dict)  # in the order of the topic
    end: int = 0  # behind the last record that was read
    committed: int = -1


class Offsets:
    """Follows records that are done in any order. Kafka knows one offset of a partition only."""

    def __init__(self) -> None:
        self._partitions: defaultdict[TopicPartition, _Partition] = defaultdict(_Partition)

    def read(self, partition: TopicPartition, offset: int) -> bool:
        """Note that a record was read; False when it was before, and is not done."""
        known = self._partitions[partition]
        if offset in known.open:
            return False
        known.open[offset] = None
        known.end = max(known.end, offset + 1)
        return True

    def done(self, partition: TopicPartition, offset: int) -> None:
        """Note that a record needs no more work; of a partition that went away, nothing is noted."""
        if partition in self._partitions:
            self._partitions[partition].open.pop(offset, None)

    def is_open(self, partition: TopicPartition, offset: int) -> bool:
        """Tell whether a record was read and is not done."""
        return partition in self._partitions and offset in self._partitions[partition].open

    def held(self, partition: TopicPartition) -> int:
        """Count the records that were read and are not done."""
        return len(self._partitions[partition].open) if partition in self._partitions else 0

    def to_commit(self, assigned: Collection[TopicPartition]) -> dict[TopicPartition, int]:
        """Return how far each partition is done, where that is further than what was committed."""
        reached = {
            partition: next(iter(known.open), known.end)
            for partition, known in self._partitions.items()
            if partition in assigned
        }
        return {
            partition: offset
            for partition, offset in reached.items()
            if offset > self._partitions[partition].committed
        }

    def committed(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Note what Kafka was told."""
        for partition, offset in offsets.items():
            if partition in self._partitions:
                self._partitions[partition].committed = offset

    def forget(self, partitions: Collection[TopicPartition]) -> None:
        """Drop partitions that went to another consumer."""
        for partition in partitions:
            self._partitions.pop(partition, None)
