"""English."""

from __future__ import annotations

from narration.text.languages.base import Language, words

__all__ = ["ENGLISH"]

TITLES = words("""
    mr mrs ms mx messrs mme mlle dr drs prof st sr fr rev hon ven br sgt ssgt cpl pvt capt
    cpt lt col gen maj cmdr cdr adm ens brig gov sen rep pres supt det insp const sec treas
    amb mt ft pt
""")

MID_SENTENCE = words("""
    e.g i.e viz cf vs al approx est ca fig figs vol vols ch chap pp art sec eq ed eds trans
    op cit repr illus incl resp feat prod dir
""")

BEFORE_NUMBER = words("""
    no nos nr fig figs vol vols ch chap art arts sec eq par para pp pg bk pt ex act
""")

ALSO_WORDS = words("""
    no art sec est ed ch fr sen rep pres gen det capt trans resp ens pt ca sat sun mar wed
    fri mon jun feat prod dir
""")

MAY_END = words("""
    etc inc ltd co corp bros llc plc jr sr esq dept univ assn a.m p.m u.s u.s.a u.k e.u u.n
    d.c l.a n.y ph.d m.d b.a m.a b.sc m.sc b.c a.d b.c.e c.e p.s r.s.v.p r.i.p ave blvd rd
    st sq hwy apt min max hr hrs lb lbs oz ft yd tel ext
""")

DATES = words("""
    jan feb mar apr jun jul aug sept sep oct nov dec mon tue tues wed thu thur thurs fri sat
    sun
""")

OPENERS = words("""
    the a an he she it they we you i i'm i'd i'll i've it's that's he'd she'd they'd this
    that these those there here his her its their my our your but and or so then yet nor
    when while where what who whom whose why how if as at in on by for from with without
    after before until since because although though once no not nothing nobody none neither
    never now soon later suddenly perhaps maybe yes every everyone everything all both each
    some someone something many most few another other only even just still did do does is
    are was were will would could should can may might must have has had let please instead
    behind above below beyond under over outside inside across somewhere to into of one two
    three meanwhile however eventually finally afterwards afterward somehow anyway
    nevertheless tonight today tomorrow yesterday
""")

LOWER_OPENERS = words("""
    i he she it they we you i'm i'd i'll i've it's that's there there's this that these
    those what who where why how is are was were did do does can could will would should
    maybe perhaps nothing nobody no yes never
""")

PRONOUNS = words("i he she it they we you")

_REGULAR = words("""
    ask shout yell whisper call scream demand mutter reply answer snap roar hiss growl bark
    exclaim inquire enquire wonder beg plead gasp murmur mumble grumble laugh sob bellow
    shriek insist add continue agree repeat announce declare interrupt tease joke warn order
    command press prompt protest object complain groan moan sigh chuckle giggle snort sneer
    croak squeak wail howl venture suggest offer admit confess lie blurt counter retort sign
    whimper stammer stutter drawl intone echo urge chide scold crow cheer quip muse cry
    holler rasp wheeze croon purr coo trill warble chirp simper gush bleat bray thunder boom
    rumble grunt sniff sniffle huff pant hoot splutter sputter burble babble bluster fume
    rant rage rave pronounce proclaim vow pledge recite quote explain clarify correct
    concede relent allow acknowledge confirm affirm assert maintain contend argue reason
    deduce conclude surmise speculate guess hazard marvel enthuse exult gloat boast brag
    taunt mock jeer scoff snigger snicker titter cackle guffaw chortle interject chime pipe
    remind inform advise caution instruct implore entreat beseech appeal coax cajole wheedle
    soothe reassure comfort console encourage exhort greet hail apologize apologise curse
    mouth lisp slur drone chant remark observe comment note mention reveal promise assure
    estimate wish volunteer propose query probe pray screech squeal squawk yelp yap snarl
    grouse gripe grouch whine fret worry rejoin riposte ponder think dictate translate
    signal assent concur breathe challenge accuse berate reprimand admonish
""")

_IRREGULAR = words("""
    said says say told tells tell began begins spoke speaks spat spits thought thinks swore
    swears sang sings bade bids besought begged quipped grumped piped quizzed mimicked
    marvelled counselled signalled chatted
""")


def _forms(verb: str) -> frozenset[str]:
    """A regular verb as it stands, in the third person and in the past."""
    if verb.endswith("y") and verb[-2] not in "aeiou":
        stem = verb[:-1]
        return frozenset((verb, stem + "ies", stem + "ied"))
    past = verb + ("d" if verb.endswith("e") else "ed")
    present = verb + ("es" if verb.endswith(("s", "sh", "ch", "x", "o")) else "s")
    return frozenset((verb, present, past))


SAYS = _IRREGULAR.union(*(_forms(verb) for verb in _REGULAR))

ENGLISH = Language(
    code="en",
    abbreviations=TITLES | MID_SENTENCE,
    may_end=MAY_END,
    before_number=BEFORE_NUMBER,
    also_words=ALSO_WORDS,
    dates=DATES,
    openers=OPENERS,
    also_names=words("a an as do for if in may no now on one so still two will"),
    lower_openers=LOWER_OPENERS,
    pronouns=PRONOUNS,
    says=SAYS,
    name_links=words("and the of de van von der den la le du del di da al bin ibn"),
    time_followers=words("""
        monday tuesday wednesday thursday friday saturday sunday eastern central mountain
        pacific est edt cst cdt mst mdt pst pdt gmt utc bst cet
    """),
    time_openers=words("at by around before after until since from"),
    lone_words=words("i i'm i'll i've i'd"),
    elisions=words(
        "tis twas twere twill til till em im er is e n cause cos bout round neath ere "
        "ave ad ow ome"
    ),
    conjunctions=words(
        "and but or because while when until who which that where so though as "
        "if before after for nor yet with"
    ),
)
