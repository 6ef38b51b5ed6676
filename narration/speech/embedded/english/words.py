"""The words and characters that the normaliser knows: data, and nothing else."""

from __future__ import annotations

from narration.speech.embedded.english.listed import listed

__all__ = [
    "AFTER_NAME",
    "ALSO_NAMES",
    "ALWAYS",
    "BEFORE_DAY",
    "BEFORE_MONTH",
    "BEFORE_NUMBER",
    "BEFORE_ROMAN",
    "BEFORE_YEAR",
    "BIG",
    "CALIBRES",
    "DAYS",
    "DEGREES",
    "DIGITS",
    "ELISIONS",
    "FRACTIONS",
    "LATIN",
    "LETTERED",
    "LOOKALIKES",
    "MONEY",
    "MONTHS",
    "MONTH_NAMES",
    "NOT_ROMAN",
    "NUMBERED",
    "ORDINALS",
    "PARTS",
    "PLACES",
    "PLAIN",
    "ROADS",
    "RULERS",
    "SIGNS",
    "SLASHED",
    "SURE_TITLES",
    "TITLES",
    "UNITS",
]

PLAIN = {
    "ı": "i", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ħ": "h", "œ": "oe", "Œ": "Oe",
    "ß": "ss", "æ": "ae", "Æ": "Ae", "ø": "o", "Ø": "O", "þ": "th", "Þ": "Th", "ð": "th",
    "Ð": "Th", "ſ": "s", "⁄": "/", "∕": "/", "−": "-", "‐": "-", "‑": "-", "‒": "–",
    "―": "—", "─": "—", "⸺": "—", "⸻": "—", "﹘": "—", "～": "~", "〜": "~", "‽": "?",
    "«": '"', "»": '"', "„": '"', "‟": '"', "″": '"', "‹": "'", "›": "'", "‚": "'",
    "’": "'", "‘": "'", "‛": "'", "ʼ": "'", "′": "'", "＇": "'", "。": ".", "，": ",",
    "、": ",", "؟": "?", "،": ",", "·": " ", "•": " ", "№": "No.", "∙": " ",
    "ɪ": "i", "ʀ": "r", "ɴ": "n", "ʟ": "l", "ʜ": "h", "ɢ": "g",
    "ʙ": "b", "ᴀ": "a", "ᴄ": "c", "ᴅ": "d", "ᴇ": "e", "ᴊ": "j", "ᴋ": "k", "ᴍ": "m", "ᴏ": "o",
    "ᴘ": "p", "ᴛ": "t", "ᴜ": "u", "ᴠ": "v", "ᴡ": "w", "ʏ": "y", "ᴢ": "z", "ꜰ": "f", "ꜱ": "s",
}  # fmt: skip
"""A character, and the plain one that is read the same."""

LOOKALIKES = {
    "а": "a", "е": "e", "о": "o", "р": "p", "с": "c", "у": "y", "х": "x", "і": "i", "ѕ": "s",
    "ј": "j", "А": "A", "В": "B", "Е": "E", "К": "K", "М": "M", "Н": "H", "О": "O", "Р": "P",
    "С": "C", "Т": "T", "У": "Y", "Х": "X", "ο": "o", "ν": "v", "α": "a", "ρ": "p", "Α": "A",
    "Β": "B", "Ε": "E", "Η": "H", "Ι": "I", "Κ": "K", "Μ": "M", "Ν": "N", "Ο": "O", "Ρ": "P",
    "Τ": "T", "Υ": "Y", "Χ": "X",
}  # fmt: skip
"""Letters of other scripts that stand for Latin ones, in a word that has Latin ones too."""

ELISIONS = listed("""
    tis twas twere twill twould til till em im cause bout round neath gainst fore pon
""")
"""What is left of a word that lost its start: 'twas."""

TITLES = {
    "Mr": "Mister", "Mrs": "Missus", "Ms": "Miz", "Mx": "Mix", "Dr": "Doctor",
    "Drs": "Doctors", "Messrs": "Messrs", "Mme": "Madame", "Mlle": "Mademoiselle",
    "Prof": "Professor", "Gen": "General", "Gov": "Governor", "Sen": "Senator",
    "Rep": "Representative", "Capt": "Captain", "Cpt": "Captain", "Lt": "Lieutenant",
    "Lieut": "Lieutenant", "Col": "Colonel", "Sgt": "Sergeant", "Cmdr": "Commander",
    "Cdr": "Commander", "Rev": "Reverend", "Revd": "Reverend", "Hon": "Honorable",
    "Pres": "President", "Supt": "Superintendent", "Insp": "Inspector", "Det": "Detective",
    "Cpl": "Corporal", "Pvt": "Private", "Maj": "Major", "Adm": "Admiral", "Brig": "Brigadier",
    "Fr": "Father", "Br": "Brother", "Sr": "Sister", "Msgr": "Monsignor", "Amb": "Ambassador",
    "Mt": "Mount", "Ft": "Fort", "St": "Saint", "Ste": "Sainte", "Pt": "Point",
}  # fmt: skip
"""Before a name."""

SURE_TITLES = listed(
    "Mr Mrs Ms Mx Dr Messrs Mme Mlle Prof Sgt Capt Lt Lieut Cmdr Cpl Msgr Supt"
)
"""Of these, those that are titles without a name and without a full stop too."""

PLACES = listed("St Mt Ft Pt Ste")
"""Of these, those that are part of a place's name."""

ROADS = {
    "St": "Street", "Ave": "Avenue", "Blvd": "Boulevard", "Rd": "Road", "Ln": "Lane",
    "Hwy": "Highway", "Pkwy": "Parkway", "Sq": "Square", "Ct": "Court", "Pl": "Place",
    "Dr": "Drive", "Ter": "Terrace", "Cres": "Crescent",
}  # fmt: skip
"""Behind a name."""

AFTER_NAME = {
    "Jr": "Junior", "Jnr": "Junior", "Sr": "Senior", "Snr": "Senior", "Esq": "Esquire",
    "Inc": "Incorporated", "Ltd": "Limited", "Corp": "Corporation", "Co": "Company",
    "Bros": "Brothers", "Bart": "Baronet", "Univ": "University", "Dept": "Department",
    "Assn": "Association",
}  # fmt: skip

BEFORE_NUMBER = {
    "No": "Number", "Nos": "Numbers", "Nr": "Number", "p": "page", "pp": "pages", "pg": "page",
    "pgs": "pages", "vol": "volume", "vols": "volumes", "ch": "chapter", "chap": "chapter",
    "chs": "chapters", "fig": "figure", "figs": "figures", "sec": "section", "art": "article",
    "arts": "articles", "ex": "example", "exx": "examples", "par": "paragraph",
    "para": "paragraph", "pt": "part", "bk": "book", "eq": "equation", "ver": "version",
    "apt": "apartment", "rm": "room", "bldg": "building", "ste": "suite", "app": "appendix",
    "ext": "extension", "tel": "telephone", "ca": "circa", "c": "circa", "fl": "flourished",
    "b": "born", "d": "died", "est": "established", "r": "reigned", "op": "opus",
    "sc": "scene",
    "rt": "route", "hwy": "highway", "lot": "lot", "v": "verse", "l": "line", "ll": "lines",
    "n": "note", "mk": "mark", "lv": "level", "lvl": "level",
}  # fmt: skip
"""Before a number, and only there: "No. 5", but "no.\""""

BEFORE_ROMAN = listed("vol vols ch chap chs bk pt sc fig figs pp sec mk")
"""Of these, those that Roman numerals follow too."""

BEFORE_YEAR = listed("ca c fl b d r est")
"""Of these, those of years."""

MONTHS = {
    "Jan": "January", "Feb": "February", "Mar": "March", "Apr": "April", "Jun": "June",
    "Jul": "July", "Aug": "August", "Sep": "September", "Sept": "September",
    "Oct": "October", "Nov": "November", "Dec": "December",
}  # fmt: skip

MONTH_NAMES = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip

DAYS = {
    "Mon": "Monday", "Tue": "Tuesday", "Tues": "Tuesday", "Wed": "Wednesday",
    "Thu": "Thursday", "Thur": "Thursday", "Thurs": "Thursday", "Fri": "Friday",
    "Sat": "Saturday", "Sun": "Sunday",
}  # fmt: skip

BEFORE_MONTH = listed(
    "in of since until till by early late mid last next this from to through"
)
BEFORE_DAY = listed("on by since until till every last next this each from to through")
ALSO_NAMES = listed("Jan Mar Jun Jul Mon Wed Sat Sun Fri")
"""Months and days that are a name or a word as well."""

DEGREES = listed("Ph.D B.Sc M.Sc D.Sc B.Ed M.Ed Ed.D Th.D D.Phil M.Phil Lit.D")
"""Those with more than their initials."""

LATIN = {
    "e.g": "for example", "i.e": "that is", "etc": "etc", "&c": "etc",
    "viz": "namely", "cf": "compare", "vs": "versus", "approx": "approximately",
    "govt": "government", "incl": "including", "misc": "miscellaneous",
    "a.k.a": "also known as",
    "dept": "department", "assn": "association",
}  # fmt: skip
"""Wherever they stand, with their full stop."""

ALWAYS = {
    "vs": "versus", "w/o": "without", "w/": "with", "c/o": "care of", "b/c": "because",
    "aka": "also known as", "Xmas": "Christmas",
    "LTD": "limited", "Q&A": "questions and answers", "WWI": "World War 1",
    "WWII": "World War 2", "Mk": "Mark", "Lv": "Level", "Lvl": "Level", "LVL": "level",
}  # fmt: skip
"""Wherever they stand, without one."""

NUMBERED = listed("""
    chapter part act scene section volume vol book phase article war mark type level stage
    class grade bowl apollo gemini fantasy episode round rocky saturn canto verse appendix
    figure table page title unit number step division corps sector zone world
""")
"""What has a number behind it: "Chapter IV" is the chapter four."""

RULERS = listed("""
    King Queen Pope Tsar Czar Emperor Henry Louis Edward George William Charles James Richard
    Elizabeth Napoleon Pius Benedict Leo Paul John Ramses Frederick Philip Alexander Nicholas
    Peter Catherine Ivan Umberto Emmanuel Gustav Christian Ferdinand Mary Anne Robert Robb
    Francis Clement Innocent Gregory Urban Otto Rudolf Leopold Alfonso Harald Haakon Olaf Erik
    David Ptolemy Darius Xerxes Wilhelm Friedrich Aegon Viserys
""")
"""Who has one as an ordinal: "Henry VIII" is Henry the eighth."""

NOT_ROMAN = listed("XX XXX vi xi xx xxx li LI VI XI LL XL xl")
"""Numerals that are more often something else: a size, a name, kisses."""

MONEY = {
    "$": ("dollar", "dollars", "cent", "cents"), "US$": ("dollar", "dollars", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"), "€": ("euro", "euros", "cent", "cents"),
    "¥": ("yen", "yen", "sen", "sen"), "₹": ("rupee", "rupees", "paisa", "paise"),
    "₩": ("won", "won", "jeon", "jeon"), "₽": ("ruble", "rubles", "kopek", "kopeks"),
}  # fmt: skip
"""A sign before an amount: one and many of it, one and many of its small change."""

BIG = {
    "k": "thousand", "K": "thousand", "m": "million", "M": "million", "mn": "million",
    "bn": "billion", "b": "billion", "B": "billion", "tn": "trillion",
}  # fmt: skip

UNITS = {
    "km": ("kilometer", "kilometers"), "cm": ("centimeter", "centimeters"),
    "mm": ("millimeter", "millimeters"), "nm": ("nanometer", "nanometers"),
    "µm": ("micrometer", "micrometers"), "m": ("meter", "meters"),
    "km²": ("square kilometer", "square kilometers"), "m²": ("square meter", "square meters"),
    "m³": ("cubic meter", "cubic meters"), "ha": ("hectare", "hectares"),
    "kg": ("kilogram", "kilograms"), "mg": ("milligram", "milligrams"), "g": ("gram", "grams"),
    "µg": ("microgram", "micrograms"), "lb": ("pound", "pounds"), "lbs": ("pound", "pounds"),
    "oz": ("ounce", "ounces"), "ft": ("foot", "feet"), "yd": ("yard", "yards"),
    "yds": ("yard", "yards"), "mi": ("mile", "miles"), "ml": ("milliliter", "milliliters"),
    "mL": ("milliliter", "milliliters"), "cl": ("centiliter", "centiliters"),
    "gal": ("gallon", "gallons"), "qt": ("quart", "quarts"), "tsp": ("teaspoon", "teaspoons"),
    "tbsp": ("tablespoon", "tablespoons"), "cc": ("cubic centimeter", "cubic centimeters"),
    "km/h": ("kilometer per hour", "kilometers per hour"),
    "kmh": ("kilometer per hour", "kilometers per hour"),
    "kph": ("kilometer per hour", "kilometers per hour"),
    "mph": ("mile per hour", "miles per hour"),
    "m/s": ("meter per second", "meters per second"),
    "rpm": ("revolution per minute", "revolutions per minute"),
    "Hz": ("hertz", "hertz"), "kHz": ("kilohertz", "kilohertz"),
    "MHz": ("megahertz", "megahertz"),
    "GHz": ("gigahertz", "gigahertz"), "kB": ("kilobyte", "kilobytes"),
    "KB": ("kilobyte", "kilobytes"), "MB": ("megabyte", "megabytes"),
    "GB": ("gigabyte", "gigabytes"), "TB": ("terabyte", "terabytes"),
    "W": ("watt", "watts"), "kW": ("kilowatt", "kilowatts"), "MW": ("megawatt", "megawatts"),
    "GW": ("gigawatt", "gigawatts"), "kWh": ("kilowatt hour", "kilowatt hours"),
    "V": ("volt", "volts"), "dB": ("decibel", "decibels"), "psi": ("P.S.I", "P.S.I"),
    "hr": ("hour", "hours"), "hrs": ("hour", "hours"), "h": ("hour", "hours"),
    "min": ("minute", "minutes"), "mins": ("minute", "minutes"), "sec": ("second", "seconds"),
    "secs": ("second", "seconds"), "ms": ("millisecond", "milliseconds"),
    "yrs": ("year", "years"), "yr": ("year", "years"),
    "fps": ("frame per second", "frames per second"),
    "sq ft": ("square foot", "square feet"), "sq mi": ("square mile", "square miles"),
    "°": ("degree", "degrees"), "°C": ("degree Celsius", "degrees Celsius"),
    "°F": ("degree Fahrenheit", "degrees Fahrenheit"), "%": ("percent", "percent"),
    "‰": ("per mille", "per mille"), "¢": ("cent", "cents"),
}  # fmt: skip
"""Behind a number: one and many of it."""

FRACTIONS = {
    "½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4), "⅛": (1, 8),
    "⅜": (3, 8), "⅝": (5, 8), "⅞": (7, 8),
}  # fmt: skip

PARTS = {
    2: ("half", "halves"), 3: ("third", "thirds"), 4: ("quarter", "quarters"),
    5: ("fifth", "fifths"), 6: ("sixth", "sixths"), 8: ("eighth", "eighths"),
    10: ("tenth", "tenths"),
}  # fmt: skip
"""One and many of what a whole is divided into."""

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")

ORDINALS = (
    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth",
    "tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth",
    "seventeenth", "eighteenth", "nineteenth", "twentieth",
)  # fmt: skip

CALIBRES = {
    "22": "twenty-two", "32": "thirty-two", "38": "thirty-eight", "44": "forty-four",
    "45": "forty-five", "50": "fifty", "357": "three fifty-seven", "303": "three oh three",
}  # fmt: skip
"""What a gun is called: a .45."""

SIGNS = {
    "%": "percent", "°": "degrees", "§": "section", "±": "plus or minus", "×": "times",
    "÷": "divided by", "=": "equals", "+": "plus", "#": "hashtag", "©": "copyright",
    "™": "", "®": "", "†": "", "‡": "", "¶": "", "~": "", "^": "", "|": ",", "_": "",
    "\\": "", "²": "squared", "³": "cubed", "µ": "micro", "€": "euros", "£": "pounds",
    "$": "dollars", "<": "", ">": "", "{": "", "}": "", "/": "", "¢": "cents", "–": "—",
    "¿": "", "¡": "", "←": "", "→": "", "∞": "infinity", "√": "root", "≠": "is not",
    "≈": "about",
    "≤": "at most", "≥": "at least",
}  # fmt: skip

SLASHED = {
    "and/or": "and or", "he/she": "he or she", "she/he": "she or he", "his/her": "his or her",
    "him/her": "him or her", "her/him": "her or him", "s/he": "she or he",
    "either/or": "either or",
    "w/": "with", "n/a": "not applicable", "they/them": "they them", "she/her": "she her",
}  # fmt: skip

LETTERED = listed("""
    plan vitamin grade type group team option exhibit block ward hepatitis point side section
    class part chapter appendix platform gate wing room unit sector zone note size
""")
"""What has a letter for a name, as in "plan B"."""
