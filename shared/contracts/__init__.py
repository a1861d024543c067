"""The events of every topic, and the channel (topic, model, key) that each travels on."""
