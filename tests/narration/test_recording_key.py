"""The name of a sentence's sound differs when anything that is heard may differ."""

from __future__ import annotations

from msgspec.structs import replace

from narration.recording_key import recording_key
from narration.story import SpokenBy

BY = SpokenBy(provider="embedded", voice="heart", speed=1.0, parameters="p")


def test_each_part_counts_and_the_same_parts_give_the_same_key() -> None:
    ways = [
        ("Hello.", BY),
        ("Hello", BY),
        ("hello.", BY),
        ("Hello. ", BY),
        ("", BY),
        ("Hello.", replace(BY, provider="embedded2")),
        ("Hello.", replace(BY, voice="heart2")),
        ("Hello.", replace(BY, speed=1.01)),
        ("Hello.", replace(BY, parameters="q")),
        # The parts are kept apart.
        ("Hello.", replace(BY, provider="embeddedheart", voice="")),
        ('Hello.", "embedded', replace(BY, provider="heart", voice="")),
        ("Héllo — “你好”", BY),
        ("half a pair: \ud83d", BY),
    ]
    keys = [recording_key(spoken, by) for spoken, by in ways]
    assert len(set(keys)) == len(ways)
    assert keys == [recording_key(spoken, replace(by)) for spoken, by in ways]
    assert all(len(key) == 64 for key in keys)


def test_the_key_is_the_same_in_every_version() -> None:
    # Another one would have all that is stored spoken again.
    assert recording_key("Héllo.", BY) == recording_key("Héllo.", replace(BY, speed=1))
    assert recording_key("Hello.", BY) == (
        "85e669268c4df2feba4dd14bcb42c320d68a46ed3b623535cb113b5c3381b808"
    )
