"""Sounds that people make and write down, and how they are made: data, and nothing else.

The phonemes are those of the voice (misaki's alphabet).
"""

from __future__ import annotations

from narration.speech.embedded.english.listed import listed

__all__ = [
    "CONSONANTS",
    "DRAWN_OUT",
    "ELIDED",
    "H_DROPPED",
    "NOT_STUTTERED",
    "SOUNDS",
    "SYLLABLES",
]

SOUNDS = (
    (r"s+h{2,}", "ʃː"),
    (r"sh", "ʃː"),
    (r"p+s{2,}t+|p+s+t{2,}|pst", "pst"),
    (r"p+s+h+", "pʃː"),
    (r"t+s+k+", "tsk"),
    (r"t+c+h+", "ʧ"),
    (r"p+f+t+", "pft"),
    (r"p+f{2,}", "pfː"),
    (r"h+r*m+p+h+", "hˈʌmf"),
    (r"m{2,}p+h+|m+f+", "mˈʌmf"),
    (r"h+m{1,}", "hmm"),
    (r"m{2,}", "mm"),
    (r"m+-?h+m+", "mhˈʌm"),
    (r"u+h+-h+u+h+", "əhˈʌ"),
    (r"u+h+-u+h+", "ˈʌ ˈʌ"),
    (r"a-?h+u+h+", "əhˈʌ"),
    (r"u+h+-o+h+", "ˌʌˈO"),
    (r"b+r{2,}", "bˈɜɹ"),
    (r"g+r{2,}", "ɡˈɜɹ"),
    (r"v+r{2,}", "vˈɜɹ"),
    (r"r{3,}", "ˈɜɹ"),
    (r"z{2,}", "zː"),
    (r"b+z{2,}t*", "bˈʌzː"),
    (r"s{3,}", "sː"),
    (r"f{3,}", "fː"),
    (r"n{2,}g*h*|h*n+g+h+", "nː"),
    (r"u+n+h+|h+n{2,}", "ˈʌn"),
    (r"a+r{2,}g*h+|a+r+g+h+|a{2,}r+g*h*|a+u+g+h+", "ˈɑːɹ"),
    (r"a{2,}h*|a+h{2,}", "ˈɑː"),
    (r"o+h{2,}", "ˈOː"),
    (r"o{2,}h*", "ˈuː"),
    (r"u+g+h{2,}|u{2,}g+h+", "ˈʌɡ"),
    (r"u+r+g+h+", "ˈɜɹɡ"),
    (r"g+a+h+", "ɡˈæ"),
    (r"u+h{2,}|u{2,}h+", "ˈʌː"),
    (r"u+m{2,}", "ˈʌmː"),
    (r"e+r{2,}m*", "ˈɜɹː"),
    (r"e{2,}w+|e+w{2,}", "ˈiːu"),
    (r"a+w{2,}", "ˈɔː"),
    (r"e{3,}k+", "ˈiːk"),
    (r"e{3,}", "ˈiː"),
    (r"i{3,}", "ˈiː"),
    (r"w+h+e+w+", "hwˈu"),
    (r"p+h+e+w+", "fjˈu"),
    (r"h+e+h+", "hˈɛ"),
    (r"(?:he){2,}h?", "hˈihi"),
    (r"m[uw]+a+(?:ha+)+h*", "mwˈɑhɑhɑ"),
    (r"t+h+w+(?:p+|k+)", "θwˈʌp"),
)
"""How it is written, in small letters, and how it sounds; the first that fits is it."""

SYLLABLES = {"ha": "hɑ", "ho": "hO", "hee": "hi", "heh": "hɛ", "ah": "ɑ", "ba": "bɑ"}
"""What a laugh is made of, said as often as it is written: "Hahaha"."""

CONSONANTS = {
    "sch": "ʃ", "tch": "ʧ", "sh": "ʃ", "ch": "ʧ", "th": "θ", "ph": "f", "wh": "w", "ng": "ŋ",
    "ck": "k", "kn": "n", "wr": "ɹ", "gh": "ɡ", "qu": "kw", "b": "b", "c": "k", "d": "d",
    "f": "f", "g": "ɡ", "h": "h", "j": "ʤ", "k": "k", "l": "l", "m": "m", "n": "n", "p": "p",
    "q": "k", "r": "ɹ", "s": "s", "t": "t", "v": "v", "w": "w", "x": "ks", "z": "z",
}  # fmt: skip
"""How a word without a vowel is sounded, the longest letters first."""

NOT_STUTTERED = frozenset(("d-day", "h-hour", "t-test", "b-ball", "x-x", "co-conspirator"))
"""A letter and a word that begins with it, which is nevertheless meant."""

DRAWN_OUT = frozenset(("stop", "go", "do", "so", "no", "hot", "met", "ben", "ho", "lot"))
"""Words that are meant although with a letter twice they are another: "Stooop" is no stoop."""

ELIDED = {
    "'em": "əm", "'cause": "kəz", "'bout": "bˈWt", "'un": "ən", "'n'": "ən", "'n": "ən",
    "an'": "ən", "th'": "ðə", "o'": "ə", "wi'": "wɪ", "t'": "tə", "y'": "jə", "d'you": "djˈu",
    "d'ye": "djˈi",
    "'t": "t",
}  # fmt: skip
"""Words that have lost a part, and how they sound."""

H_DROPPED = listed("""
    im er is e ere ear eard ave ad as ow ome ouse ead eads and ands ell old olds elp ot orse
    orses igh alf appy eart earts ard arm all undred our ours ope opes ate air
""")
"""What is left of a word without its h, where it could be another word as well: 'im."""
