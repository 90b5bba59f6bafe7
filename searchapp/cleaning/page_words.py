"""Words by which the parts of a saved page are known: names of sections, menus, papers and labels."""

from __future__ import annotations

import re

from searchapp.cleaning.calendar_names import fold_word

_SECTION_NAMES = (
    "National|Nation|World|International|Regional|State|States|City|Local|Metro|Politics|Business|Economy|Sport|"
    "Sports|Opinion|Editorial|Editorials|Letters|Features|Feature|Culture|Arts|Entertainment|Science|Technology|"
    "Health|Education|Environment|Lifestyle|Travel|Crime|Front Page|Top Stories|Northeast|North East|Meghalaya|"
    "Assam|India|Obituary|Obituaries|Weather|राष्ट्रीय|देश|विदेश|राज्य|खेल|व्यापार|राजनीति|संपादकीय|मनोरंजन|शिक्षा|"
    "স্বদেশ|জাতীয়|আন্তর্জাতিক|খেলা|রাজ্য|সম্পাদকীয়"
)
SECTIONS = frozenset(fold_word(name) for name in _SECTION_NAMES.split("|"))
"""Names that papers give their sections, folded."""
_MENU_NAMES = (
    "home|e-paper|epaper|e paper|news|videos|video|photos|gallery|search|login|log in|sign in|subscribe|menu|archive|archives|"
    "about|contact|jobs|classifieds|horoscope|columns|advertise|spot_img|live|more|ई-पेपर|होम"
)
MENU = SECTIONS | frozenset(_MENU_NAMES.split("|"))
"""What a line of a page's menu says, folded."""
MASTHEAD = re.compile(
    r"(?:the\s+)?(?:\S+\s+){0,4}(?:times|courier|herald|post|tribune|express|chronicle|gazette|daily|news|mail|standard|telegraph|observer|"
    r"ledger|messenger|reporter|voice|monitor|record|sentinel|guardian|journal|mirror|star|sun|today|independent|examiner|bulletin|dispatch|advocate|register|समाचार|प्रभात|जागरण|"
    r"उजाला|भास्कर|टाइम्स|पत्रिका|पत्रिका|পত্রিকা|বার্তা)\Z",
    re.IGNORECASE,
)
"""The name of a paper."""
_NAME = r"(?P<name>(?:The\s+)?[A-Z][\w’'&.-]*(?:\s+(?:of|the|and|&|[A-Z][\w’'&.-]*)){0,5})"
FOUNDED = re.compile(
    rf"{_NAME}\s+(?:first\s+(?:appeared|came|saw)|was\s+(?:first\s+)?(?:founded|printed|started|established|launched|published|set\s+up|born)|"
    r"has\s+been\s+(?:printed|published)|began\s+(?:as|its|publication)|started\s+(?:as|its|publication)|"
    r"is\s+(?:an?|the)\s+[^.]{0,80}?\b(?:daily|newspaper|weekly|paper|magazine|journal)\b)"
)
"""The beginning of what a paper says of itself."""
LABEL = re.compile(
    r"(?P<label>headline|title|section|category|source|newspaper|paper|language|url|link|page|rights|published|date|byline|author)\s*[:：]\s*(?P<value>\S.*)\Z",
    re.IGNORECASE,
)
"""A line that names what it gives."""
LABELS = {
    "headline": "title",
    "category": "section",
    "newspaper": "source",
    "paper": "source",
    "link": "url",
    "date": "published",
    "author": "byline",
}
"""Label → the field it names, where that has another name."""
