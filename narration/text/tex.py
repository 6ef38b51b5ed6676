r"""Formulas in TeX, `$n^2$` and `\(\frac{7}{10}\)`, as signs that a voice can say."""

from __future__ import annotations

import re
import unicodedata

from narration.text.languages.base import words

__all__ = ["without_tex"]

_SYMBOLS = {
    "leq": "≤",
    "le": "≤",
    "geq": "≥",
    "ge": "≥",
    "neq": "≠",
    "ne": "≠",
    "approx": "≈",
    "equiv": "≡",
    "times": "×",
    "cdot": "×",
    "div": "÷",
    "pm": "±",
    "infty": "∞",
    "sum": "∑",
    "prod": "∏",
    "int": "∫",
    "partial": "∂",
    "in": "∈",
    "cup": "∪",
    "cap": "∩",
    "subset": "⊂",
    "forall": "∀",
    "exists": "∃",
    "sqrt": "√",
    "degree": "°",
    "circ": "°",
    "percent": "%",
    "ldots": "…",
    "dots": "…",
    "cdots": "…",
}

_NAMES = words("sin cos tan cot log ln exp lim max min det gcd mod")
"""Functions, whose names are said."""

_GREEK = words("""
    alpha beta gamma delta epsilon zeta eta theta iota kappa lamda lambda mu nu xi omicron pi
    rho sigma tau upsilon phi chi psi omega
""")

_RAISED = str.maketrans("0123456789+-n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ")

_MATH = re.compile(
    r"\$\$(?P<display>[^$]{1,400})\$\$"
    r"|(?<![\w$])\$(?P<inline>[^\s$](?:[^$\n]{0,200}[^\s$])?)\$(?![\d$])"
    r"|\\\((?P<parentheses>[^\\]{0,200}(?:\\(?!\))[^\\]{0,200}){0,40})\\\)"
    r"|\\\[(?P<brackets>[^\\]{0,200}(?:\\(?!\])[^\\]{0,200}){0,40})\\\]"
)
_SIGN = re.compile(r"[\\^_{}=+<>]")
_WORD = re.compile(r"[^\W\d_]{2}")
_FRACTION = re.compile(r"\\[dtc]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
_SHORT_FRACTION = re.compile(r"\\[dtc]?frac\s*(\d)\s*(\d)")
_ONE_WORD = re.compile(r"\{([^{}\s]*)\}")
_WORDS = re.compile(r"\\(?:text|math|operatorname)[a-z]*\b")
_POWER = re.compile(r"\^\s*(?:\{([^{}]*)\}|(\w))")
_INDEX = re.compile(r"_\s*(?:\{([^{}]*)\}|(\w))")
_COMMAND = re.compile(r"\\(?![dtc]?frac(?![A-Za-z]))(?:([A-Za-z]+)[ \t]*|.|\Z)")
_BRACES = str.maketrans(dict.fromkeys("{}&", " "))
_DEEPEST = 4


def without_tex(text: str) -> str:
    """Formulas become plain signs; dollars that are money stay."""
    if "$" not in text and "\\" not in text:
        return text
    return _MATH.sub(_spoken, text)


def _spoken(math: re.Match[str]) -> str:
    formula = next(group for group in math.groups() if group is not None)
    if not _SIGN.search(formula) and _WORD.search(formula):
        return math.group()
    formula = _SHORT_FRACTION.sub(r"\1/\2", _WORDS.sub("", formula))
    formula = _COMMAND.sub(_command, formula)
    for _ in range(_DEEPEST):
        formula = _INDEX.sub(r"\1\2", _POWER.sub(_power, formula))
        formula, fractions = _FRACTION.subn(r"\1/\2", formula)
        if not fractions:
            break
    return _ONE_WORD.sub(r"\1", formula).translate(_BRACES)


def _power(power: re.Match[str]) -> str:
    exponent = power[1] or power[2] or ""
    raised = exponent.translate(_RAISED)
    return raised if not raised.isascii() or not raised else f" {exponent}"


def _command(command: re.Match[str]) -> str:
    name = command[1]
    if name is None:
        return command.group()[1:].strip(",;:!\\ ()[]|") or " "
    if name in _SYMBOLS:
        return f" {_SYMBOLS[name]} "
    if name.lower() in _GREEK:
        size = "CAPITAL" if name[0].isupper() else "SMALL"
        letter = name.upper().replace("LAMBDA", "LAMDA")
        return unicodedata.lookup(f"GREEK {size} LETTER {letter}") + " "
    return f"{name} " if name in _NAMES else " "
