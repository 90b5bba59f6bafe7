"""Dates, datelines, bylines, credits, languages, ids and paragraphs, case by case."""

from __future__ import annotations

import pytest

from searchapp.cleaning.agencies import credit_line, inline_credit
from searchapp.cleaning.byline import byline_line, read_byline
from searchapp.cleaning.dateline import read_dateline
from searchapp.cleaning.dates import complete, read_date, read_date_line
from searchapp.cleaning.furniture import ends_sentence, furniture_rule, is_about, tail_marker
from searchapp.cleaning.identity import identify, slug
from searchapp.cleaning.language import by_script, normalised
from searchapp.cleaning.markup import is_markup, strip_markup
from searchapp.cleaning.neighbours import Kind, kind_of
from searchapp.cleaning.paragraphs import paragraphs


@pytest.mark.parametrize(
    ("text", "value", "precision"),
    [
        ("2025-02-06", "2025-02-06", "day"),
        ("2025/2/6", "2025-02-06", "day"),
        ("20250206", "2025-02-06", "day"),
        ("2025-02", "2025-02", "month"),
        ("2025", "2025", "year"),
        ("2025-02-06T10:30:00", "2025-02-06T10:30:00", "time"),
        ("2025-02-06 10:30", "2025-02-06T10:30:00", "time"),
        ("2025-02-06T22:30:00Z", "2025-02-07T04:00:00+05:30", "time"),
        ("2025-02-06T22:30:00.123456Z", "2025-02-07T04:00:00+05:30", "time"),
        ("2025-02-06T00:00:00-0500", "2025-02-06T10:30:00+05:30", "time"),
        ("Thu, 06 Feb 2025 22:30:00 GMT", "2025-02-07T04:00:00+05:30", "time"),
        ("Thu, 6 Feb 2025 10:30:00 +0530", "2025-02-06T10:30:00+05:30", "time"),
        ("Thursday, February 6, 2025", "2025-02-06", "day"),
        ("Thursday 6th February, 2025", "2025-02-06", "day"),
        ("6 Feb. 2025", "2025-02-06", "day"),
        ("FEB 6, 2025", "2025-02-06", "day"),
        ("Sept 6, 2025", "2025-09-06", "day"),
        ("2025 February 6", "2025-02-06", "day"),
        ("February 2025", "2025-02", "month"),
        ("6-Feb-2025", "2025-02-06", "day"),
        ("26-FEB-1987 15:01:01.79", "1987-02-26T15:01:01", "time"),
        ("February 6, 2025 10:30 PM IST", "2025-02-06T22:30:00", "time"),
        ("Feb 6, 2025, 10.30 pm", "2025-02-06T22:30:00", "time"),
        ("6 February 2025 at 7 a.m.", "2025-02-06T07:00:00", "time"),
        ("गुरुवार, 6 फरवरी 2025", "2025-02-06", "day"),
        ("गुरुवार, ६ फ़रवरी २०२५", "2025-02-06", "day"),
        ("৬ ফেব্রুয়ারি ২০২৫", "2025-02-06", "day"),
        ("6 février 2025", "2025-02-06", "day"),
        ("6. März 2025", "2025-03-06", "day"),
        ("6 de febrero de 2025", "2025-02-06", "day"),
        ("25/12/2024", "2024-12-25", "day"),
        ("12/25/2024", "2024-12-25", "day"),
        ("25.12.2024 18:05", "2024-12-25T18:05:00", "time"),
    ],
)
def test_dates(text: str, value: str, precision: str) -> None:
    found = read_date(text, "Asia/Kolkata")
    assert found is not None
    assert (found.value, found.precision) == (value, precision)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "2025-02-30",
        "31 June 2025",
        "2025-13",
        "0000-01-01",
        "1738800000",
        "1738800000000",
        "Feb 6",
        "6",
        "Thursday",
        "February",
        "the 6th of February 2025 was cold",
        "2025-02-06 and 2025-02-07",
        "99/99/2025",
        "x" * 500,
        "February 6, 2025, 2024",
    ],
)
def test_what_is_no_date(text: str) -> None:
    assert read_date(text, "UTC") is None


def test_day_and_month_in_figures_are_less_sure() -> None:
    ambiguous, american, clear = (read_date("02/06/2025", zone) for zone in ("Asia/Kolkata", "America/New_York", "UTC"))
    assert ambiguous is not None
    assert american is not None
    assert clear is not None
    assert (ambiguous.value, american.value) == ("2025-06-02", "2025-02-06")
    assert ambiguous.confidence == american.confidence == 0.5
    assert (read_date("25/02/2025", "UTC") or ambiguous).confidence > 0.9


def test_impossible_times_keep_the_day() -> None:
    for text in ("2025-02-06T25:00:00", "February 6, 2025 28:10"):
        found = read_date(text, "UTC")
        assert found is not None
        assert (found.value, found.precision) == ("2025-02-06", "day")
        assert found.confidence < 1


def test_a_weekday_that_is_another_is_told() -> None:
    found = read_date("Friday, February 6, 2025", "UTC")
    assert found is not None
    assert found.confidence == 0.8


def test_date_lines() -> None:
    for prefix in ("Published on ", "Published: ", "Posted on: ", "Date: ", "First published on ", "प्रकाशित: "):
        found = read_date_line(f"{prefix}February 6, 2025")
        assert found is not None
        assert found.confidence == 0.95
    updated = read_date_line("Last Updated: February 6, 2025 10:30 am")
    assert updated is not None
    assert updated.confidence == 0.6
    for text in ("2025", "February 2025", "Update on the bridge", "Posted sentries, 2025"):
        assert read_date_line(text) is None


@pytest.mark.parametrize(
    ("month", "day", "published", "expected"),
    [
        (2, 6, "2025-02-06", "2025-02-06"),
        (12, 31, "2025-01-02", "2024-12-31"),
        (1, 1, "2024-12-31", "2025-01-01"),
        (2, 29, "2025-03-01", "2024-02-29"),
        (2, 6, "2025-02-06T10:00:00+05:30", "2025-02-06"),
        (2, 6, "2025-02", "2025-02-06"),
        (2, 6, "2025", "2025-02-06"),
        (2, 6, None, None),
        (2, 30, "2025-02-06", None),
    ],
)
def test_years_are_completed_from_the_publication(month: int, day: int, published: str | None, expected: str | None) -> None:
    assert complete(month, day, published) == expected


@pytest.mark.parametrize(
    ("text", "places", "month_day", "agencies"),
    [
        ("New Delhi/Washington, Feb 6:  Defence", ["New Delhi", "Washington"], (2, 6), ()),
        ("NEW YORK, Oct 19 - Stocks fell", ["New York"], (10, 19), ()),
        ("LONDON (Reuters) - Stocks fell", ["London"], None, ("Reuters",)),
        ("WASHINGTON, Feb 6 (AP) — The", ["Washington"], (2, 6), ("AP",)),
        ("Guwahati, 6 Feb: The", ["Guwahati"], (2, 6), ()),
        ("Guwahati, February 6, 2025: The", ["Guwahati"], (2, 6), ()),
        ("SHILLONG, FEB 6: The", ["Shillong"], (2, 6), ()),
        ("Shillong, Feb. 6 (PTI): The", ["Shillong"], (2, 6), ("PTI",)),
        ("Shillong Feb 6: The", ["Shillong"], (2, 6), ()),
        ("Shillong: The minister", ["Shillong"], None, ()),
        ("NEW DELHI — The minister", ["New Delhi"], None, ()),
        ("TROY, Mich., March 23 - General", ["Troy"], (3, 23), ()),
        ("LEVERKUSEN, West Germany, April 2 -", ["Leverkusen"], (4, 2), ()),
        ("JOHANNESBURG March 13 -", ["Johannesburg"], (3, 13), ()),
        ("RIO DE JANEIRO, March 11 -", ["Rio de Janeiro"], (3, 11), ()),
        ("PEARL RIVER, N.Y., March 2 -", ["Pearl River"], (3, 2), ()),
        ("WINSTON-SALEM, N.C., June 2 -", ["Winston-Salem"], (6, 2), ()),
        ("Geneva and New York, Nov 18: Talks", ["Geneva", "New York"], (11, 18), ()),
        ("नई दिल्ली/जिनेवा, 8 नवंबर: जिनेवा में", ["नई दिल्ली", "जिनेवा"], (11, 8), ()),
        ("लाइतदारा, June 19:  महज़", ["लाइतदारा"], (6, 19), ()),
        ("नई दिल्ली, 6 फरवरी (भाषा)। सरकार ने", ["नई दिल्ली"], (2, 6), ("भाषा",)),
        ("SYDNEY, Thursday - Rain", ["Sydney"], None, ()),
        ("Prayagraj (UP), Feb 6: The", ["Prayagraj"], (2, 6), ()),
        ("New Delhi [India], February 6 (ANI): The", ["New Delhi"], (2, 6), ("ANI",)),
        ("Raipur (Chhattisgarh) [India], February 6 (ANI): The", ["Raipur"], (2, 6), ("ANI",)),
        ("Mumbai, Feb 6 (PTI) The", ["Mumbai"], (2, 6), ("PTI",)),
        ("Byrnihat, Feb 5 :- The", ["Byrnihat"], (2, 5), ()),
        ("Byrnihat, Feb 5. The", ["Byrnihat"], (2, 5), ()),
        ("Kolkata 6 Feb: The", ["Kolkata"], (2, 6), ()),
        ("Tura, (PTI) Feb 5: The", ["Tura"], (2, 5), ("PTI",)),
        ("Tura, February 5, PTI: The", ["Tura"], (2, 5), ("PTI",)),
        ("Tura, Wednesday, Feb 5: The", ["Tura"], (2, 5), ()),
        ("From Our Correspondent JOWAI, Feb 5: The", ["Jowai"], (2, 5), ()),
        ("Guwahati, PTI: The", ["Guwahati"], None, ("PTI",)),
        ("नई दिल्ली/मुंबई, 6 फरवरी। सरकार ने", ["नई दिल्ली", "मुंबई"], (2, 6), ()),
        ("नई दिल्ली, 6 फरवरी (भाषा) सरकार ने", ["नई दिल्ली"], (2, 6), ("भाषा",)),
    ],
)
def test_datelines(text: str, places: list[str], month_day: tuple[int, int] | None, agencies: tuple[str, ...]) -> None:
    found = read_dateline(text)
    assert found is not None
    assert [place.name for place in found.places] == places
    assert (found.month, found.day) == (month_day or (None, None))
    assert found.agencies == agencies
    for place in found.places:
        assert text[place.start : place.end].casefold() == place.name.casefold()
    if found.date_span is not None:
        assert str(found.day) in text[found.date_span.start : found.date_span.end]


@pytest.mark.parametrize(
    "text",
    [
        "The minister said on Feb 6: nothing will change",
        "Sir, – Your report states",
        "On March 31, 2021 the bridge opened",
        "It was cold. On Feb 6 - a Thursday - it snowed",
        "Q: Who will pay?",
        "Note: The figures are provisional",
        "Police: Man held for theft",
        "What next: the three questions",
        "“We will stay,” she said: the end",
        "March 31: The bridge opens",
        "the harbour, Feb 6: small letters",
        "A last ferry — and a bell",
        "Monday: Rain. Tuesday: Sun",
        "",
        "BJP: The party said",
        "Rahul Gandhi: We will",
        "Chief Minister Conrad Sangma: The",
        "Mumbai Indians: Rohit",
        "On March 31, 2021, The bridge opened",
        "r   11330.00 - 11390.00 kuwait        41250.00 -",
    ],
)
def test_what_is_no_dateline(text: str) -> None:
    assert read_dateline(text) is None


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("By: Agencies", ["Agencies"]),
        ("By: Ann Lee", ["Ann Lee"]),
        ("By Ann Lee and Bo Rask", ["Ann Lee", "Bo Rask"]),
        ("by ANN LEE, BO RASK & Cy Dunn", ["ANN LEE", "BO RASK", "Cy Dunn"]),
        ("Ann Lee, Staff Reporter", ["Ann Lee"]),
        ("By Our Special Correspondent", ["Our Special Correspondent"]),
        ("By John Smith Jr., Ted D'Afflisio", ["John Smith Jr.", "Ted D'Afflisio"]),
        ("By John Smith, Jr.", ["John Smith, Jr."]),
        ("By: J. R. Ewing", ["J. R. Ewing"]),
        ("Ewing, J. R. and Lee, A.", ["Ewing, J. R.", "Lee, A."]),
        ("By Mary Brandt", ["Mary Brandt"]),
        ("लेखक: मनोज नेगी और सुधा पंत", ["मनोज नेगी", "सुधा पंत"]),
        ("Ann Lee; Bo Rask", ["Ann Lee", "Bo Rask"]),
        ("Ann Lee | ann@post.example | @ann", ["Ann Lee"]),
        ("", []),
        ("By Brook Y. Lane", ["Brook Y. Lane"]),
        ("By Ana Sol y Luis Mar", ["Ana Sol", "Luis Mar"]),
    ],
)
def test_bylines(text: str, names: list[str]) -> None:
    found = read_byline(text)
    assert [name.text for name in found] == names
    assert all(text[name.start : name.end] == name.text for name in found)


def test_agencies_in_bylines_are_known() -> None:
    assert [(name.text, name.agency) for name in read_byline("By Ted Smith, Reuters.")] == [
        ("Ted Smith", None),
        ("Reuters", "Reuters"),
    ]
    assert [name.agency for name in read_byline("BY A. B. AND REUTER")] == [None, "Reuters"]


@pytest.mark.parametrize(
    ("line", "is_byline"),
    [
        ("By: the sea", True),
        ("By Ann Lee", True),
        ("By Our Correspondent", True),
        ("Our Correspondent", True),
        ("Agencies", True),
        ("विशेष संवाददाता", True),
        ("By the river they wait", False),
        ("By then it was over.", False),
        ("By Monday the bridge will be shut", False),
        ("Bystanders cheer", False),
        ("A long headline about Ann Lee", False),
    ],
)
def test_byline_lines(line: str, is_byline: bool) -> None:
    assert (byline_line(line) > 0) == is_byline


@pytest.mark.parametrize(
    ("line", "agencies"),
    [
        ("IANS", ("IANS",)),
        ("(PTI)", ("PTI",)),
        ("— Reuters", ("Reuters",)),
        ("-Reuters", ("Reuters",)),
        ("REUTER", ("Reuters",)),
        ("REUTER^M", ("Reuters",)),
        ("REUTER...", ("Reuters",)),
        ("NWS", ("NWS",)),
        ("QXZ", ("QXZ",)),
        ("PTI & ANI", ("PTI", "ANI")),
        ("IANS, PTI", ("IANS", "PTI")),
        ("AFP/Reuters", ("AFP", "Reuters")),
        ("With inputs from PTI", ("PTI",)),
        ("(With inputs from ANI and PTI)", ("ANI", "PTI")),
        ("(With agency inputs)", ("Agencies",)),
        ("With inputs from agencies", ("Agencies",)),
        ("(With PTI inputs)", ("PTI",)),
        ("Agencies", ("Agencies",)),
        ("Press Trust of India", ("PTI",)),
        ("PTI SUM ANU", ("PTI",)),
        ("—IANS/sn/rs", ("IANS",)),
        ("(PTI inputs)", ("PTI",)),
        ("Inputs: PTI", ("PTI",)),
        ("(Courtesy PTI)", ("PTI",)),
        ("FKJGP", None),
        ("BJP", None),
        ("COVID", None),
        ("BSF reports", None),
        ("भाषा", ("भाषा",)),
        ("पीएनए (PNA)", ("PNA",)),
        ("PTI-Bhasha", None),
        ("ENDS", None),
        ("MORE", None),
        ("A", None),
        ("The end.", None),
        ("Rain in the hills", None),
        ("12,414", None),
        ("", None),
    ],
)
def test_credit_lines(line: str, agencies: tuple[str, ...] | None) -> None:
    credit = credit_line(line)
    assert (credit.agencies if credit else None) == agencies


def test_inline_credits() -> None:
    for text, agency in (
        ("It was over. (PTI)", "PTI"),
        ("“Over,” he said. — Reuters", "Reuters"),
        ("It was over. -- IANS", "IANS"),
        ("It was over, he said. PTI", "PTI"),
        ("It was over, he said. PTI ABC DEF", "PTI"),
    ):
        found = inline_credit(text)
        assert found is not None
        assert found[0].agencies == (agency,)
        assert text[: found[1]].rstrip()[-1] == "."
    for text in ("It was over (PTI)", "It was over. (sic)", "It was over. (QXZ)", "Nothing.", "He likes PTI."):
        assert inline_credit(text) is None


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("en", "en"),
        ("en_US", "en-US"),
        ("EN-gb", "en-GB"),
        ("eng", "en"),
        ("English", "en"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("हिंदी", "hi"),
        ("deu", "de"),
        ("klingonese", None),
        ("und", None),
        ("", None),
        ("pt_BR.UTF-8", "pt-BR"),
    ],
)
def test_language_codes(value: str, code: str | None) -> None:
    assert normalised(value) == code


def test_language_by_script() -> None:
    for text, code in (
        ("नदी का जल", "hi"),
        ("নদীর জল", "bn"),
        ("অসমৰ খবৰ", "as"),
        ("ஆற்றின் நீர்", "ta"),
        ("вода", "ru"),
        ("水かさ", "ja"),
    ):
        found = by_script(text, "en")
        assert found is not None
        assert found[0] == code
        assert found[1].startswith("script")
    assert by_script("plain words", "cy") == ("cy", "default", 0.5)
    assert by_script("123 !", "en") is None


def test_ids() -> None:
    assert identify("courier", "a-1.b~c", None, None, "", "") == ("courier:a-1.b~c", "own id")
    assert identify("The Hill Post", " x ", None, None, "", "")[0] == "the-hill-post:x"
    odd, other = (identify("c", own, None, None, "", "")[0] for own in ("a b", "a  b"))
    assert odd != other
    assert odd.startswith("c:a-b-")
    tracked = identify("c", None, "http://www.P.example/news/a-story.html?utm_source=x&id=7#top", None, "", "")[0]
    assert tracked == identify("c", "  ", "https://p.example/news/a-story.html?id=7", None, "other", "")[0]
    assert tracked.startswith("c:a-story-")
    dated = identify("c", None, None, "2025-02-06T10:00:00", "Ferry  Landing", "")[0]
    assert dated == identify("c", None, None, "2025-02-06", "ferry landing", "a corrected text")[0]
    assert dated.startswith("c:2025-02-06:ferry-landing-")
    assert identify("", None, None, None, "नदी", "")[0].startswith("unnamed:undated:")
    assert identify("पहाड़ी प्रभात", "1", None, None, "", "")[0] != identify("नगर संदेश", "1", None, None, "", "")[0]
    assert identify("c", "../../etc", None, None, "", "")[0].count("/") == 0
    assert len(identify("c", "x" * 10_000, None, None, "", "")[0]) < 120
    assert slug("Ærø & Zoë’s 2nd café") == "r-zoes-2nd-cafe"
    assert len(slug("word " * 50, 60)) <= 60


def test_markup_is_told_from_what_only_looks_like_it() -> None:
    for text in ("STANDARD OIL <SRD> said", "a < b and c > d", "Phillips <P> and <F>", "plain & simple"):
        assert not is_markup(text)
    assert (
        strip_markup("<p>One &amp; <b>two</b>.</p>\n<script>x()</script><div>Three<br>four &lt;SRD&gt;</div>")
        == "One & two.\n\nThree\nfour <SRD>"
    )
    assert strip_markup("<ul><li>a</li><li>b</li></ul>tail") == "a\n\nb\n\ntail"
    assert strip_markup("Oil <SRD> and <br/>gas") == "Oil <SRD> and\ngas"


def test_paragraphs_of_wire_copy() -> None:
    wire = "Showers continued throughout the week in\nthe Bahia zone, alleviating the drought.\n"
    wire += "    The dry period means it will be late\nthis year.\n    Net 5 vs 4\n    Revs 7 vs 6\n"
    assert paragraphs(wire) == [
        "Showers continued throughout the week in the Bahia zone, alleviating the drought.",
        "The dry period means it will be late this year.",
        "Net 5 vs 4",
        "Revs 7 vs 6",
    ]


def test_paragraphs_by_blank_lines_and_by_lines() -> None:
    assert paragraphs("One.\n\nTwo.\r\n \r\nThree.") == ["One.", "Two.", "Three."]
    assert paragraphs("A first long sentence.\nA second one.") == ["A first long sentence.", "A second one."]
    assert paragraphs("roses are red\nviolets are blue") == ["roses are red\nviolets are blue"]
    assert paragraphs("  \n ") == []


@pytest.mark.parametrize(
    "line",
    [
        "Advertisement",
        "ALSO READ: The bridge falls",
        "Also read | The bridge falls",
        "Share this article",
        "Facebook Twitter WhatsApp",
        "Tweet",
        "Share",
        "© 2025 The Post",
        "Copyright 2025 The Post. All rights reserved.",
        "Next article: The bridge falls",
        "यह भी पढ़ें: पुल टूटा",
        "3 min read",
        "Home > News > City",
        "Follow us on Facebook",
        "Subscribe to our newsletter",
        "Read more...",
        "Skip to content",
        "12 comments",
        "Post navigation",
    ],
)
def test_furniture_lines(line: str) -> None:
    assert furniture_rule(line)


@pytest.mark.parametrize(
    "line",
    [
        "He shared the prize.",
        "Share prices fell",
        "1986/87            1985/86",
        "1,842,000",
        "Next Thursday the council meets again.",
        "Print shops reopen",
        "Read more books, minister tells pupils",
        "Home win for Rangers",
        "Related party deals under review",
        "Follow the money, says auditor",
        "More rain",
    ],
)
def test_what_is_no_furniture(line: str) -> None:
    assert furniture_rule(line) is None


def test_ends_of_sentences_and_headlines() -> None:
    assert all(map(ends_sentence, ("It was over.", "“It was over.”", "Over?", "खत्म हुआ।", "He said: ‘No.’", "(The writer rows.)")))
    assert not any(map(ends_sentence, ("Minister leaves for the U.S.", "Bridge falls", "a pack of ‘lies’", "")))
    assert kind_of("Minister leaves for the U.S.") is Kind.HEADLINE
    assert kind_of("Who will pay?") is Kind.OPEN
    assert kind_of("It was over. (ANI)") is Kind.TEXT
    assert kind_of("The helpline number is 112") is Kind.UNFINISHED
    assert kind_of("Mithun festival gets state status.") is Kind.STOPPED
    assert is_about("About Us")
    assert is_about("हमारे बारे में")
    assert not is_about("About us and them")
    assert tail_marker("Most Read")
    assert not tail_marker("Most readers agree")
