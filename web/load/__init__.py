"""Tests a running server under load, with the mock upstream behind it."""
