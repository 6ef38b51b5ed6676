"""Text on its way to the voice: cut into units, and cleaned of what is not to be spoken."""

from __future__ import annotations

from narration.text.cleaner import clean
from narration.text.cutter import Cutter
from narration.text.thinking import ThinkFilter
from narration.text.unit import Kind, Unit

__all__ = ["Cutter", "Kind", "ThinkFilter", "Unit", "clean"]
