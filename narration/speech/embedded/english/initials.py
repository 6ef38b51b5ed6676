"""Capitals that are read letter by letter: data, and nothing else."""

from __future__ import annotations

from narration.speech.embedded.english.listed import listed

__all__ = ["DOUBTFUL", "INITIALISMS", "SAID_AS_WORDS", "UNLESS_SHOUTED"]

INITIALISMS = listed("""
    AAA ABA ABC AC ACLU ADHD AFK AI AKA AMA AOL APA API ATF ATM ATV BBC BBQ BC BCE BMI
    BMW BMX BS BSC BST BTW CAA CBC CBD CBS CBT CCTV CD CDC CE CEO CEST CET CFO CGI CIA
    CID CIO CMO CNN CPA CPR CPU CSI CSS CST CT CTO CV DB DBA DC DDR DDT DEA DIY DJ DMV
    DMZ DNA DNS DOA DOB DOJ DP DPRK DUI DVD EDT EEG EKG EMP EMS EMT EPA ESL ESP ETA ETD EU
    EV EXE FAA FAQ FBI FCC FDA FDR FM FPS FTP FYI GBP GCHQ GCSE GDP GHQ GI GIS GMO GMT
    GOP GP GPA GPS GPU HBO HD HDMI HGV HIV HMS HMV HOA HP HQ HR HRH HTML HTTP HTTPS IBM
    IBS ICBM ICU ID IDK IED IMF INS IOU IP IPO IQ IRC IRL IRS ISBN ISP ITV IV IVF JFK JP
    JPG KFC KGB KKK KO KP LAPD LCD LGBT LGBTQ LLC LLM LMG LOL LP LSD LSE MBA MBE MC MD MEP
    MIT MLB MLK MMO MP MPH MRI MS MSG MSNBC MTV MVP NBA NBC NCO NCOS NDA NFL NGO NHL NHS
    NPC NPR NRA NSA NSFW NWA NY NYC NYPD NYU OAP OBE OCD OD OJ OMG OPM OST OT OTC PBS PC
    PDA PDF PDT PE PGA PHD PJ PM PMS PNG POV PPE PR PS PSA PST PTA PTO PTSD PVC QA QC
    QED QR RAF RCMP RFK RGB RIP RNA RPG RPM RSPCA RSVP RV SD SDK SEC SF SFX SJ SMG SMS
    SNL SOE SOS SPF SS SSRI STD STI SUV TB TBA TBC TBD TGIF THC TLC TMI TNT TSA TV TWA
    TXT UAV UFC UFO UHF UI UK UN UPS URL USA USAF USB USC USD USMC USN USS USSR UTC UV
    UX VCR VFX VHF VHS VIP VP VPN VR WC WMD WPC WTF WTO WWE WWF  XL XO XXL YMCA
    YWCA
""")
"""Always: they are no words, or are hardly ever meant as such."""

UNLESS_SHOUTED = listed("""
    AA BA COO DA DOT EST IRA LED MI MIA MO OP PA PI SAS SOB TA
""")
"""Where nothing beside them is in capitals: they are words or names too."""

SAID_AS_WORDS = listed("""
    AWOL FEMA FIFA LASER NASA NATO NAFTA OPEC PIN RADAR SCUBA SWAT UNESCO UNICEF POTUS
    FLOTUS SCOTUS DEFCON COVID AIDS SARS NASDAQ ASAP YOLO FOMO GIF JPEG WIFI SEAL SIM
    RAM ROM NORAD TARDIS
""")
"""Acronyms that are read as words."""

DOUBTFUL: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "US": (
        listed("""
            the a an in from across into throughout outside within former every our south
        """),
        listed("""
            army navy marine marines air government president senator senate congress dollar
            dollars citizen citizens troops forces military marshal marshals embassy border
            mail postal economy state states attorney consul ambassador soldiers
        """),
    ),
    "IT": (
        listed("""called"""),
        listed("""
            department guy guys support team people staff specialist technician consultant
            manager system systems company security professional girl woman desk expert
        """),
    ),
    "WHO": (listed("the"), frozenset()),
    "AM": (frozenset(), listed("radio station band")),
    "OR": (listed("the"), listed("nurse staff")),
    "ER": (listed("the an"), listed("doctor nurse visit")),
    "LA": (listed("in to from of near outside downtown"), frozenset()),
    "AD": (listed("in year century"), frozenset()),
    "MA": (listed("an his her my"), listed("degree student in thesis")),
    "BO": (listed("had smell of"), frozenset()),
    "POW": (listed("a the former"), listed("camp camps")),
    "OS": (listed("the an"), listed("update")),
    "HE": (listed("your his"), frozenset()),
    "AU": (listed("an the"), frozenset()),
    "ET": (listed("at"), frozenset()),
    "ALS": (listed("of with has had"), frozenset()),
    "CO": (listed("the"), frozenset()),
    "PG": (frozenset(), frozenset()),
}  # fmt: skip
"""Words as well.  These are letters behind one of the first, or before one of the second."""
