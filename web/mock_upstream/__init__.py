"""A deterministic language model and voice on loopback, for load tests."""
