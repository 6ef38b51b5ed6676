"""The elements of HTML and SSML, and the grammar of their tags."""

from __future__ import annotations

import re

from narration.text.languages.base import words

__all__ = [
    "BLOCKS",
    "COMMENT",
    "ELEMENTS",
    "END_TAGS",
    "HEADINGS",
    "HIDDEN",
    "ITEMS",
    "MENTION",
    "RUNS_ON",
    "TAG",
    "TAG_BEGUN",
]

HEADINGS = words("h1 h2 h3 h4 h5 h6")

ITEMS = words("li tr dt dd option")

BLOCKS = (
    words("""
    address article aside blockquote body br caption center details div dl fieldset
    figcaption figure footer form head header hr html legend main nav ol p pre section
    summary table tbody td tfoot th thead title ul
""")
    | HEADINGS
    | ITEMS
)
"""What stands in them is parted from what stands in front and behind."""

RUNS_ON = words("""
    a abbr b bdi bdo big code del em font i ins kbd mark q rb ruby s samp small span strike
    strong sub sup tt u var w wbr
""")
"""Their tags may stand inside a word."""

HIDDEN = words("style script")
"""What stands in them is for the browser, not for a reader."""

ELEMENTS = (
    BLOCKS
    | RUNS_ON
    | HIDDEN
    | words("""
    speak break prosody emphasis say-as phoneme voice audio token lang par seq media desc
    lexicon lookup meta metadata express-as
    button canvas cite dfn iframe img input label link math object output picture rp rt rtc
    select source svg template textarea time track video
""")
)

_FLAGS = (
    "open|hidden|async|defer|controls|autoplay|loop|muted|disabled|checked|selected|reversed"
)
_NAME = r"[^\W\d_][\w.-]{0,40}+(?::[\w.-]{1,40}+)?"
_VALUE = r"(?:\"[^\"]*+\"|'[^']*+'|[^\s\"'<>=`]++)"
_ATTRIBUTE = rf"[^\W\d][\w:.-]{{0,40}}+\s*+=\s*+{_VALUE}"
_ATTRIBUTES = rf"(?:\s++{_ATTRIBUTE}(?:[\s,;]*+{_ATTRIBUTE})*+|\s++(?:{_FLAGS})(?=[\s/>]))*+"

TAG = re.compile(
    rf"<(?P<slash>/?)(?P<name>{_NAME})(?P<attributes>{_ATTRIBUTES})\s*+(?P<empty>/?)>",
    re.IGNORECASE,
)
"""A name, alone or with attributes: `<b>`, `<a href="x">`, `</b>`, `<x/>`; not `<b and c>`."""

TAG_BEGUN = re.compile(
    rf"</?(?:{_NAME}:?{_ATTRIBUTES}"
    r"(?:[\s,;]*+(?:[^\W\d][\w:.-]{0,40}+\s*+(?:=\s*+(?:\"[^\"]*+|'[^']*+)?)?)?|\s*+/)?)?\Z",
    re.IGNORECASE,
)
"""Text that ends inside of what may become one."""

END_TAGS = {name: re.compile(rf"</{name}\s*>", re.IGNORECASE) for name in HIDDEN}

MENTION = re.compile(r"[ \t]|[.,;:!?)\"'”’`*]{1,4}(?:\s|\Z)")
"""What follows a tag that is only spoken of: `He typed <script> and waited.`"""

COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
