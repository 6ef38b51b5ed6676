"""Italian."""

from __future__ import annotations

from narration.text.languages.base import Language, words

__all__ = ["ITALIAN"]

ITALIAN = Language(
    code="it",
    abbreviations=words("""
        sig sigg sig.ra sig.re sigra sig.na sig.ri dott dott.ssa dottssa dr dr.ssa prof
        proff prof.ssa avv ing arch geom rag comm cav uff on sen s ss san don mons rev mgr
        fra gen col cap ten magg serg mar.llo dir amm pres segr art artt pag pagg vol voll
        cfr cf n nn num tel ed edd fig figg tab es ad.es p.es v v.le p.zza c.so l.go via ca
        c.ca circ min max tot psicol econ meteor idraul agr elettr mecc med chir filos fis
        giorn giur ingl ital lat lett mat mil mod mus ogg plur sing pop prep pron prov psich
        rel scient sec sost spec stat stor teol tip d st az v.cte f.p u.s u.s.a
    """),
    may_end=words("ecc etc s.p.a s.r.l a.c d.c a.m p.m jr"),
    before_number=words("n p pp pag pagg art vol cap fig tel num"),
    also_words=words("via don san max min ten on dom set"),
    dates=words("""
        gen feb mar apr mag giu lug ago set sett ott nov dic lun mer gio ven sab dom
    """),
    openers=words("""
        il lo la i gli le un uno una egli ella lui lei loro io tu noi voi e ma o allora poi
        quando dove che chi cosa come perché se in su con senza per da di del della al alla
        a suo sua mio mia questo questa quello quella non niente nessuno tutto tutti ora
        adesso qui là così già ancora anche era c'era
    """),
    says=words("""
        disse dice chiese gridò sussurrò rispose esclamò mormorò urlò domandò aggiunse
        ripeté ordinò supplicò insistette protestò gemette sospirò replicò balbettò annunciò
        spiegò
    """),
    name_links=words("di de del della dei degli da la lo e von van"),
    conjunctions=words("e ma o perché mentre quando finché che chi dove però se come poiché"),
)
