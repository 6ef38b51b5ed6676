"""Portuguese."""

from __future__ import annotations

from narration.text.languages.base import Language, words

__all__ = ["PORTUGUESE"]

PORTUGUESE = Language(
    code="pt",
    abbreviations=words("""
        sr sra srs sras srta dr dra drs d prof profa profª eng arq adv exmo exma ilmo v.exa
        v.sa fr pe sto sta gen cel cap maj ten sgt alm com av r tv pç pça al est rod apto ed
        lt art arts pág págs vol vols caps núm nº n tel ref fig figs ex p.ex cf obs aprox
        min máx mín tb
    """),
    may_end=words("etc s.a a.c d.c a.m p.m ltda cia jr e.u.a"),
    before_number=words("no n núm p pp pág págs art vol cap fig tel"),
    also_words=words("com al ten mar mai set sex ter qui seg"),
    dates=words("jan fev mar abr mai jun jul ago set out nov dez seg ter qua qui sex sáb dom"),
    openers=words("""
        o a os as um uma uns umas ele ela eles elas eu tu você nós e mas ou então depois
        quando onde que quem como porque se em no na nos nas de do da com sem para por ao à
        seu sua meu minha este esta esse essa isto isso não nada ninguém tudo todos agora
        aqui ali já ainda era havia
    """),
    says=words("""
        disse diz perguntou gritou sussurrou respondeu exclamou murmurou pediu ordenou
        acrescentou repetiu suplicou insistiu protestou gemeu suspirou replicou gaguejou
        berrou anunciou explicou
    """),
    name_links=words("de do da dos das e von van"),
    conjunctions=words(
        "e mas ou porque enquanto quando até que quem onde embora como se pois"
    ),
)
