"""How long tests wait: for what comes at once on a quiet machine, and never when something is broken."""

PATIENCE = 60.0  # seconds
