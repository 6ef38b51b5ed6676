"""The encoder's process, if it did not give way: busy machines shall not hold up the tests."""

from __future__ import annotations

from narration.encoding.child import serve

if __name__ == "__main__":
    serve()
