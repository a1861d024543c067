"""The topics: their definition, and applying it to a broker."""
