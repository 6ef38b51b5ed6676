"""Hindi."""

from __future__ import annotations

from narration.text.languages.base import Language, words

__all__ = ["HINDI"]

HINDI = Language(
    code="hi",
    abbreviations=words("डॉ श्री श्रीमती सुश्री प्रो पं कु मि स्व ई पू ले"),
    says=words("कहा पूछा चिल्लाया चिल्लाई बोला बोली फुसफुसाया फुसफुसाई पुकारा"),
)
