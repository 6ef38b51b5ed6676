"""The steps that bring a database of any earlier version to this one's schema.

A step is a file in `versions/`, named by a running number, whose `down_revision` is the
step before it.  A step that has been released is never changed.
"""
