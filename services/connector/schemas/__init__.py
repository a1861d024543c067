"""The wizard's JSON, member by member, in its order and its mix of snake and camel case."""
