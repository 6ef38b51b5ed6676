"""German."""

from __future__ import annotations

from narration.text.languages.base import Language, words

__all__ = ["GERMAN"]

GERMAN = Language(
    code="de",
    abbreviations=words("""
        hr hrn fr frl dr prof dipl ing mag lic hl st sr jr pfr hptm lt gen str pl nr abs art
        bd bde hrsg hg jh jhd kap ziff abb tab anm bsp s vgl ca bzw geb gest verh evtl ggf
        ggfs inkl exkl zzgl sog bes allg kath ev evang ehem amtl abk akad alphab angekl aufl
        ausg begr beil bsd betr bez dgl einschl entspr erg erl gegr geh gek geogr gesch gez
        insb jew kgl lat lfd max med phil rer nat jur theol min mind möbl mtl num od österr
        österreichisch phys pol röm schr schweiz stellv südl nördl östl westl tel teilw u
        ugs urspr verf verw vorm wahrsch zit zus zw d.z z.b d.h u.a o.ä z.t u.ä u.u s.o s.u
        d.i i.d.r i.a z.zt z.z m.e n.chr v.chr v.a e.v a.d i.v p.a u.v.m.d
    """),
    may_end=words("usw etc ff mio mrd std sek uvm u.s.w u.v.m u.a.m n.chr v.chr gmbh co"),
    abbreviation_endings=("str",),
    before_number=words("nr s bd kap art abs ziff abb tab"),
    openers=words("""
        der die das ein eine er sie es wir ihr ich du man und aber doch dann da als wenn wo
        was wer wie warum nun jetzt sein seine ihre mein meine dein unser in im am auf an
        bei mit nach vor zu aus nicht niemand nichts alle jeder dort hier so nur noch auch
        plötzlich vielleicht
    """),
    says=words("""
        sagte sagt rief ruft fragte fragt antwortete antwortet flüsterte flüstert schrie
        schreit murmelte brüllte erwiderte meinte erklärte bat befahl stammelte hauchte
        zischte keuchte wisperte entgegnete seufzte lachte knurrte brummte jammerte
        kreischte
    """),
    name_links=words("von vom zu zur der den van de und"),
    ordinals=words("""
        januar jänner februar märz april mai juni juli august september oktober november
        dezember jahrhundert jahrhunderts jahrtausend mal klasse stock stockwerk etage tag
        tages woche monat jahr jahrestag geburtstag kapitel akt platz rang reihe runde
        weltkrieg weltkriegs auflage band teil armee division könig
    """),
    before_ordinal=words("""
        der die das den dem des vom am im zum zur beim ans ins ein eine einen einem einer
        eines kein keine keinen keinem keiner mein meine meinen meinem meiner meines dein
        deine deinen deinem deiner sein seine seinen seinem seiner seines ihr ihre ihren
        ihrem ihrer ihres unser unsere unseren unserem unserer euer eure eurem eurer dieser
        diese dieses diesem diesen jeder jede jedes jedem jeden bis ab seit jener jenem
    """),
    conjunctions=words(
        "und aber oder weil während als bis wer welche dass wo sondern denn doch "
        "damit obwohl nachdem wenn"
    ),
    raised_quote_closes=True,
)
