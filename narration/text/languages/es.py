"""Spanish."""

from __future__ import annotations

from narration.text.languages.base import Language, words

__all__ = ["SPANISH"]

SPANISH = Language(
    code="es",
    abbreviations=words("""
        sr sra srta sres sras dr dra dres d dña dn prof profa lic lcda lcdo ing arq abog
        mons rvdo fr sto sta gral cnel tte cap cmdte alte sgto excmo excma ilmo ilma hno hna
        av avda avs c cl ctra cra crta pza plza pl pje urb dpto depto apdo edif esq mt núm
        nº nro pág págs párr párrf párrs art arts caps vol vols fig figs ed eds tel tfno ext
        fax ref admón adm cía aprox atte cf cfr ej p.ej vid vs ib ibíd op cit ss ud uds vd
        vds p.d m.n b.s s.m s.a.r ee
    """),
    may_end=words("etc ee.uu uu a.m p.m s.a s.l a.c d.c a.d hs km kg min seg máx mín cía jr"),
    before_number=words("no núm nro p pp pág págs art arts cap vol fig tel ext n párr"),
    also_words=words("ed mt sta mar set sep"),
    dates=words("""
        ene feb mar abr may jun jul ago sep sept set oct nov dic lun mié mier jue vie sáb
        sab dom
    """),
    openers=words("""
        el la los las un una unos unas él ella ellos ellas yo tú usted nosotros y pero o
        entonces cuando donde qué quién cómo por para en de con sin a al su sus mi tu este
        esta ese esa no ni nada nadie todo todos así ya luego después antes aquí allí ahora
        si como había era fue se lo le les me te nos más tal también
    """),
    says=words("""
        dijo dice preguntó pregunta gritó grita susurró contestó respondió exclamó murmuró
        pidió ordenó añadió repitió suplicó insistió musitó chilló balbuceó replicó anunció
        explicó protestó gimió suspiró bramó rugió
    """),
    name_links=words("de del la las los y von van"),
    conjunctions=words(
        "y pero o porque mientras cuando hasta que quien donde aunque como si sino pues"
    ),
)
