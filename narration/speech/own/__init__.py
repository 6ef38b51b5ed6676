"""Servers that listeners have of their own."""
