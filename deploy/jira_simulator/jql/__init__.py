"""A small real JQL: tokens, parser, and the plan that turns a query into issue ids."""
