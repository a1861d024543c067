"""The documents of the API: OpenAPI of the connector, AsyncAPI of the topics."""
