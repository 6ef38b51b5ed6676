"""Chinese, Japanese and Korean."""

from __future__ import annotations

from narration.text.languages.base import Language, words

__all__ = ["CHINESE", "JAPANESE", "KOREAN", "NOT_QUOTATIVES", "QUOTATIVES"]

QUOTATIVES = ("と", "って", "なんて")
"""Japanese: what ties the words behind a quotation to it."""

NOT_QUOTATIVES = (
    "ところ",
    "とても",
    "とにかく",
    "とりあえず",
    "ともかく",
    "とうとう",
    "とたん",
    "ときどき",
    "ときに",
    "とある",
    "とはいえ",
    "となり",
)
"""Words that merely begin like one."""

CHINESE = Language(
    code="zh",
    says=words("说 說 道 问 問 喊 叫 答 嚷 吼 喝 嘟囔 低语 低語 回应 回應 念叨 补充 補充"),
)

JAPANESE = Language(
    code="ja",
    says=words("""
        言った 言う 聞いた 尋ねた 叫んだ 答えた 囁いた ささやいた つぶやいた 呟いた
        訊いた 怒鳴った 返した
    """),
)

KOREAN = Language(
    code="ko",
    says=words("""
        말했다 말했습니다 말하며 말하자 물었다 물었습니다 외쳤다 소리쳤다 속삭였다
        대답했다 중얼거렸다 부르짖었다 되물었다 덧붙였다
    """),
)
