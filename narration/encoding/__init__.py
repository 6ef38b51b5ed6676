"""Compresses what was stored uncompressed, in a process that gives way to all others.

Nothing is imported here: that process shall load no more than it needs.
"""
