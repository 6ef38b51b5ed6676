"""Arabic."""

from __future__ import annotations

from narration.text.languages.base import Language, words

__all__ = ["ARABIC"]

ARABIC = Language(
    code="ar",
    abbreviations=words("د أ م ص ب ت"),
    says=words(
        "قال قالت يقول تقول سأل سألت صاح صاحت صرخ صرخت همس همست أجاب أجابت رد ردت نادى نادت"
    ),
)
