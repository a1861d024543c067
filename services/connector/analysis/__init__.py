"""A quick look into projects: counts and samples, never a full read."""
