"""Dutch."""

from __future__ import annotations

from narration.text.languages.base import Language, words

__all__ = ["DUTCH"]

DUTCH = Language(
    code="nl",
    abbreviations=words("""
        dhr mevr mw mej dr drs ir ing mr prof ds st jhr kapt gen nr nrs blz p pag art afb
        fig hfst jl ca bijv bv vb o.a d.w.z m.a.w t.o.v i.v.m m.b.t t.a.v i.p.v z.g zgn
        o.l.v e.a.o a.u.b aanw vnw bijw znw bnw ww vgl resp evt incl excl tel geb gest str
    """),
    may_end=words("enz etc e.d e.a s.v.p a.u.b n.chr v.chr b.v n.v"),
    before_number=words("nr p blz pag art afb fig"),
    also_words=words("mr ww bv ing"),
    dates=words("jan feb mrt apr jun jul aug sept sep okt nov dec ma di wo do vr za zo"),
    openers=words("""
        de het een hij zij ze wij we jullie ik jij je en maar of dan toen als waar wat wie
        hoe waarom in op aan bij met zonder na voor uit naar van zijn haar mijn hun dit dat
        deze die niet niemand niets alles iedereen nu hier daar zo nog ook plotseling
        misschien er
    """),
    says=words("""
        zei zegt vroeg vraagt riep roept fluisterde antwoordde schreeuwde mompelde gilde
        beval smeekte zuchtte lachte siste gromde stamelde
    """),
    name_links=words("van de der den het ter ten en von"),
    conjunctions=words(
        "en maar of omdat terwijl toen totdat die dat waar want zodat hoewel als"
    ),
)
