"""French."""

from __future__ import annotations

from narration.text.languages.base import Language, words

__all__ = ["FRENCH"]

FRENCH = Language(
    code="fr",
    abbreviations=words("""
        m mm mme mmes mlle mlles dr drs pr prof me mgr st ste sts stes mis vve fr av bd bld
        boul pl rte chap vol vols éd éds art fig figs env cf p.ex ex apr hab col cdt cne gal
        gén lt sgt cap max min tél n.b réf adj adv id ibid op cit janv févr avr juil sept
        oct nov déc ltd
    """),
    may_end=words("etc s.a a.m p.m j.-c jr cie sté s.v.p r.s.v.p"),
    before_number=words("no nos p pp art fig vol chap tél n"),
    also_words=words("ex me max min"),
    openers=words("""
        le la les un une des il elle ils elles on nous vous je tu c'est ce cet cette ces et
        mais ou donc alors puis quand où que qui quoi comment pourquoi si dans sur sous avec
        sans pour par en de du au aux à son sa ses mon ma mes ton ta leur leurs rien
        personne tout tous toutes maintenant soudain enfin ici là ne pas plus encore même
        comme après avant
    """),
    says=words("""
        dit demanda cria murmura répondit chuchota s'écria s'exclama hurla souffla ajouta
        répéta ordonna supplia insista protesta gémit soupira lança rétorqua balbutia grogna
        reprit annonça expliqua
    """),
    name_links=words("de du des la le les d et von van"),
    conjunctions=words(
        "et mais ou parce pendant quand jusque qui que où car donc puis tandis "
        "lorsque comme si"
    ),
)
