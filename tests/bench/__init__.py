"""Measurements: ratios and seconds to read, asserted by nobody."""
