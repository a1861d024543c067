"""Real servers on a machine that has nothing but Python: Apache Kafka, a MongoDB store, the services."""
