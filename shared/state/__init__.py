"""The state database `jira_import`: one repository per collection, and the indexes they rely on."""

from shared.blobs import Blobs
from shared.mongo import Store
from shared.sink import INDEXES
from shared.state.connections import Connections
from shared.state.dead_letters import DeadLetters
from shared.state.findings import Findings
from shared.state.imports import Imports
from shared.state.leases import Leases
from shared.state.ledger import Ledger
from shared.state.plans import Plans
from shared.state.remaps import Remaps
from shared.state.retries import Retries
from shared.state.running import Running
from shared.state.sites import Sites
from shared.state.turns import Turns
from shared.state.undos import Undos
from shared.state.unsettled import UnsettledDocuments
from shared.state.verifications import Verifications
from shared.state.versions import Versions

__all__ = [
    "Connections",
    "DeadLetters",
    "Findings",
    "Imports",
    "Leases",
    "Ledger",
    "Plans",
    "Running",
    "Sites",
    "State",
    "Turns",
    "Undos",
    "UnsettledDocuments",
    "Verifications",
    "Versions",
    "ensure_indexes",
]


class State:
    """All repositories over one store."""

    def __init__(self, store: Store) -> None:
        self.connections = Connections(store.state)
        self.imports = Imports(store.state)
        self.ledger = Ledger(store.state)
        self.leases = Leases(store.state)
        self.dead_letters = DeadLetters(store.state)
        self.findings = Findings(store.state)
        self.plans = Plans(store.state)
        self.remaps = Remaps(store.state)
        self.retries = Retries(store.state)
        self.running = Running(store.state)
        self.sites = Sites(store.state)
        self.turns = Turns(store.state)
        self.undos = Undos(store.state)
        self.unsettled = UnsettledDocuments(store.state)
        self.verifications = Verifications(store.state)
        self.versions = Versions(store.state)


async def ensure_indexes(store: Store) -> None:
    """Create every index, those of Windshift's documents too; safe to repeat, called at each start."""
    state = State(store)
    for repository in (
        state.imports,
        state.ledger,
        state.leases,
        state.dead_letters,
        state.findings,
        state.remaps,
        state.sites,
        state.undos,
        state.unsettled,
        state.verifications,
        Blobs(store),
    ):
        await repository.ensure_indexes()
    for collection, members in INDEXES.items():
        await store.windshift[collection].create_index([(member, 1) for member in members])
