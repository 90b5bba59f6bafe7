"""Saved pages made of parts, so that what is text and what is not is known: every headline is furniture, every word text.

The parts are those of regional dailies: last paragraphs with and without a full stop, credits of all forms, neighbours
that look like sentences, and pages that end in About Us, in something like it or in nothing. Combinations that nothing on
the page decides are listed in `_ambiguous`, with the reason; no other may go wrong.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import product

import pytest

from searchapp.article import Article, Provenance
from searchapp.cleaning import clean
from searchapp.readers import Extract

HEAD = "Thursday, February 6, 2025\nFootbridge over Umsaw shut after cracks found\n\nBy: Our Reporter\n\n"
FIRST = (
    "Laitdara, Feb 5: The district administration on Wednesday ordered the closure of a footbridge over the Umsaw after "
    "engineers found cracks in two of its pillars, officials said."
)
SECOND = "The public works department has sought Rs 2.4 crore and expects the work to be tendered before the monsoon."
FINISHED = {
    "plain": "The work will be supervised by a committee headed by the chief engineer, he added.",
    "short": "He did not elaborate.",
    "very short": "No one was hurt.",
    "passive": "Further details are awaited.",
    "report": "A case has been registered.",
    "place": "The next sitting is in Sohbari on March 4.",
    "quotation": "“We have waited long enough. We will wait no more.”",
    "said": "“We will wait,” he said.",
    "single quotes": "‘We shall see,’ the minister said.",
    "names": "Others present were D. Nongum, T. Lyngwa, MDC, and officers of the department.",
    "letters": "The post was earlier held by S. Deka, M.A., LL.B.",
    "note": "(The writer is a retired teacher)",
    "long": "Residents of the four villages on the left bank, who have been crossing the river on bamboo rafts since the "
    "last monsoon, said that they had written to the block office nine times and been promised a visit each time.",
    "hindi": "मंत्री ने कहा कि पुल का काम मानसून से पहले पूरा होगा।",
}
UNFINISHED = {
    "question": "But who will pay for it?",
    "exclamation": "Long live the bridge!",
    "ellipsis": "And so the wait goes on…",
    "initialism": "The pair will next travel to the U.S.",
    "telephone": "The helpline number is 1800-000-111",
    "e-mail": "The authors can be reached at river@paper.example",
    "no stop": "The museum is estimated to cost Rs 120 cr",
    "long, no stop": "The new rates will come into force from February 10 and complaints can be made to the municipal board or "
    "to the office of the deputy commissioner",
    "squad": "Squad: D. Deka (captain), R. Parag, P. Kalita, S. Purkait, M. Hussain, R. Das",
    "winners": "Ward 1: Atoka Yep\nWard 2: Supu Jam\nWard 3: R. Khez",
    "was": "He was later shifted to the civil hospital at Sohbari",
}
LAST = FINISHED | UNFINISHED
NEIGHBOURS: dict[str, list[str]] = {
    "none": [],
    "one": ["HPF to form 433 mandal committees, 39 district committees by Feb 14"],
    "two": ["Three held with heroin in Ri-Umjar", "Govt mulls cap on two-wheelers"],
    "three": ["Hostel fee row ends", "PHE to drill 40 wells", "Retired judge to head inquiry into bridge disaster"],
    "title case": ["Sangwan Inaugurates New Market Complex", "Rally Against Power Cuts In Laitdara"],
    "question": ["Why are onion prices rising again?", "Book fair ends"],
    "quoted": ["“We will not vacate”: Settlers tell panel", "‘No one asked us’"],
    "a stop": ["Mithun festival gets state status.", "Highway blocked for third day"],
    "stops": ["Cong, HPF spar over dam.", "‘Not my circus’, says minister.", "U.S. to ease visas"],
    "only stops": ["Mithun festival gets state status.", "Highway blocked for third day."],
    "one stop": ["Mithun festival gets state status."],
    "two pieces": ["Sorry. It’s not a holiday: Govt to staff", "Dr. Nongum takes charge"],
    "exclaimed": ["Goal! Laitdara go top"],
    "two words": ["Sports briefs"],
    "one word": ["Obituary"],
    "capitals": ["TWO SOLDIERS HURT IN BORDER PATROL MISHAP"],
    "long": [
        "From classrooms to creches, how a cluster of border villages rebuilt itself after the flood that nobody heard about"
    ],
    "small letters": ["kangla gate to be repainted", "ferry fares up by a tenth"],
    "figures": ["10 dead in landslide", "2 oil company staff freed"],
    "letters": ["Letters: Papers, pumps and pigeons", "Editorial: A budget of hope", "The plight of creche workers"],
    "past": ["Leaked chemistry paper was on phones at 4.52 am, say police", "Exam controller suspended"],
    "is": ["PM says India is ready for talks", "The river is dying, and so are the boatmen"],
    "hindi": ["पुल पर यातायात बंद, यात्री परेशान", "मंडी में प्याज के दाम बढ़े"],
}
CREDITS = {
    "none": "",
    "line": "\n\nIANS",
    "brackets": "\n\n(PTI)",
    "dash": "\n\n— Reuters",
    "generic": "\n\nAgencies",
    "inputs": "\n\n(With inputs from ANI)",
    "desk": "\n\nPTI SUM ANU",
    "below": "\nUNI",
}
INLINE = {"in brackets": " (UNI)", "bare": " PTI", "bare with desk": " PTI ABC DEF", "after a dash": " — IANS"}
ABOUT = "About Us\n\nThe Pinewood Post first appeared as a fortnightly on 2nd March 1948. In 1958 it became a daily."
ENDS = {
    "nothing": "",
    "about": f"\n{ABOUT}",
    "about, apart": f"\n\n{ABOUT}",
    "copyright": "\nCopyright © 2025 The Pinewood Post. All rights reserved.",
    "contact": "\nContact Us\neditor@post.example",
    "follow": "\n\nFollow us on Facebook",
}


@dataclass(frozen=True)
class Parts:
    """The names of the parts of one page; ``apart``: a blank line stands between its neighbours."""

    last: str
    neighbours: str
    credit: str
    end: str
    apart: bool = False

    def text(self) -> str:
        lines = NEIGHBOURS[self.neighbours]
        listed = ("\n\n" if self.apart else "\n").join(lines)
        credit = CREDITS.get(self.credit) if self.credit in CREDITS else INLINE[self.credit]
        end = ENDS[self.end]
        if not lines and not end.startswith("\n\n") and end:
            end = f"\n{end}"
        return f"{HEAD}{FIRST}\n\n{SECOND}\n\n{LAST[self.last]}{credit}" + (f"\n\n{listed}" if lines else "") + end + "\n"


def _ambiguous(parts: Parts) -> str | None:
    """Why nothing on such a page tells a headline from a last paragraph, or None."""
    lines = NEIGHBOURS[parts.neighbours]
    if parts.credit != "none" or not lines:
        return None
    touching = parts.end in ("about", "copyright", "contact")
    if len(lines) == 1 and not touching and parts.neighbours in ("one stop", "exclaimed"):
        return "one line alone that ends as a sentence does: as likely the last paragraph"
    if len(lines) == 1 and parts.end == "nothing" and parts.neighbours in ("two words", "one word"):
        return "a word or two alone at the end of a page: as likely a signature"
    if parts.neighbours == "only stops" and not touching:
        return "sentences with full stops: as likely the last paragraph"
    if len(lines) == 1 and parts.end == "nothing" and parts.last in UNFINISHED:
        return "one line below a paragraph without a full stop: both may be the end of a list"
    return None


def read(text: str) -> Article:
    return clean(Extract(provenance=Provenance(file="a", format="text", sha256="0"), text=text))


def check(parts: Parts) -> str | None:
    """What went wrong with a page, or None."""
    article = read(parts.text())
    body = article.body.split("\n\n")
    wanted = [FIRST, SECOND, LAST[parts.last]]
    furniture = article.furniture.split("\n")
    if body[:3] != wanted:
        return "text lost"
    if body[3:] or not set(NEIGHBOURS[parts.neighbours]) <= set(furniture):
        return "headline left"
    if (parts.credit != "none") != bool(article.agency):
        return "credit"
    return None


def _all_parts() -> list[Parts]:
    together = [Parts(*names) for names in product(LAST, NEIGHBOURS, CREDITS, ENDS)]
    inline = [Parts(*names) for names in product(FINISHED, NEIGHBOURS, INLINE, ENDS) if names[0] not in ("note", "hindi")]
    return together + inline


@pytest.mark.parametrize("step", range(4))
def test_no_headline_in_the_text_and_no_text_among_furniture(step: int) -> None:
    pages = _all_parts()[step::17]
    assert len(pages) >= 2000
    wrong = {parts: problem for parts in pages if (problem := check(parts)) and not _ambiguous(parts)}
    assert not wrong, Counter((problem, parts.neighbours, parts.credit, parts.end) for parts, problem in wrong.items())


def test_neighbours_apart_lose_no_text() -> None:
    """With blank lines between neighbours too, plain headlines are still told; those worded as sentences may stay."""
    plain = ("two", "three", "title case", "figures", "small letters", "hindi")
    lasts = set(LAST) - {"winners"}  # below a list, a headline alone is like one more of its lines
    pages = [Parts(*names, apart=True) for names in product(sorted(lasts), NEIGHBOURS, ("none", "line"), ENDS)][::5]
    wrong = {parts: problem for parts in pages if (problem := check(parts))}
    assert "text lost" not in wrong.values()
    assert not [parts for parts in wrong if parts.credit != "none" or parts.neighbours in plain]


def test_pages_without_blank_lines() -> None:
    for last, neighbours, credit in product(("plain", "names", "long"), ("one", "two", "three", "letters"), ("none", "line")):
        text = Parts(last, neighbours, credit, "about").text().replace("\n\n", "\n")
        article = read(text)
        assert article.body.split("\n\n") == [FIRST, SECOND, LAST[last]], text


def test_what_is_ambiguous_stays_in_the_text() -> None:
    pages = [parts for parts in _all_parts() if _ambiguous(parts)]
    assert len(pages) * 30 < len(_all_parts())
    assert {check(parts) for parts in pages[::5]} <= {None, "headline left"}


def test_heads_with_a_menu_a_deck_and_an_address() -> None:
    menu = read("Home\nNational\nSports\nE-Paper\n" + HEAD + FIRST + "\n\n" + SECOND)
    assert (menu.title, menu.published) == ("Footbridge over Umsaw shut after cracks found", "2025-02-06")
    assert menu.furniture.split("\n") == ["Home", "National", "Sports", "E-Paper"]
    deck = read(HEAD.replace("\n\nBy", "\nEngineers find cracks; rafts back\n\nBy") + f"me@post.example\n\n{FIRST}\n\n{SECOND}")
    assert (deck.byline, deck.places, deck.dateline_date) == (("Our Reporter",), ("Laitdara",), "2025-02-05")
    assert deck.body.split("\n\n") == ["Engineers find cracks; rafts back", FIRST, SECOND]
    for headline in ("Watch: Calf rescued from well", "Top stories", "Health"):
        assert read(f"February 6, 2025\n{headline}\n\nBy: Our Reporter\n\n{FIRST}").title == headline
