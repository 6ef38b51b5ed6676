"""Polish."""

from __future__ import annotations

from narration.text.languages.base import Language, words

__all__ = ["POLISH"]

POLISH = Language(
    code="pl",
    abbreviations=words("""
        dr prof hab mgr inż lek doc ks bp abp św o br s gen płk mjr kpt por ppor sierż ul al
        pl os nr m.in np tzn tzw tj ok godz min sek str rozdz ryc rys zob ang łac niem franc
        ros gr bałt wł hiszp im pn pd wsch zach woj pow gm tel zł tys mln mld ob p pp r w wg
        ds cd jw
    """),
    may_end=words("itp itd etc in m.in r w p.n.e n.e"),
    before_number=words("nr s str ul p godz tel r"),
    also_words=words("o s por al min os"),
    openers=words("""
        on ona ono oni one ja ty my wy i a ale więc potem gdy kiedy gdzie co kto jak
        dlaczego w we na z ze do od po przed za pod nad bez jego jej ich mój moja ten ta to
        te nie nikt nic wszystko wszyscy teraz tu tam już jeszcze tylko nagle może
    """),
    says=words("""
        powiedział powiedziała rzekł rzekła zapytał zapytała spytał spytała krzyknął
        krzyknęła szepnął szepnęła odpowiedział odpowiedziała odparł odparła zawołał
        zawołała mruknął mruknęła dodał dodała wrzasnął wrzasnęła jęknął jęknęła westchnął
        westchnęła
    """),
    name_links=words("z von van de"),
    conjunctions=words(
        "i ale lub albo bo ponieważ kiedy gdy aż który która które gdzie że a więc"
    ),
    raised_quote_closes=True,
)
