"""The trade's formats: NITF, NewsML, ninjs, wire text, mail, Reuters-21578. All samples are invented; what they ought to
say was written down by hand."""

from __future__ import annotations

import email.message
import json
import mailbox
from contextlib import closing, suppress
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from searchapp.article import Article
from searchapp.cleaning import clean
from searchapp.errors import ArticleError
from searchapp.readers import Extract, Reject, read_file

SHARED = Path(__file__).parents[3] / "shared" / "formats"


def records(directory: Path, name: str, content: bytes | str) -> list[Extract | Reject]:
    path = directory / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return list(read_file(path, directory))


def article(directory: Path, name: str, content: bytes | str, format: str) -> tuple[Article, Extract]:
    (record,) = records(directory, name, content)
    assert isinstance(record, Extract), record
    assert record.provenance.format == format
    return clean(record), record


def reason(directory: Path, name: str, content: bytes | str) -> str:
    (record,) = records(directory, name, content)
    assert isinstance(record, Reject)
    return record.reason


# NITF

NITF = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE nitf SYSTEM "nitf-3-4.dtd">
<nitf baselang="en-GB"><head><title>Slug of the ferry story</title>
<tobject><tobject.subject tobject.subject.type="Transport" tobject.subject.matter="Ferries"/></tobject>
<docdata management-status="usable"><doc-id id-string="harbour-17"/><date.issue norm="20240309T081500+0100"/>
<key-list><keyword key="ferry"/></key-list><doc.copyright year="2024" holder="Harbour Press"/>
<ed-msg info="Adds the mayor"/></docdata>
<pubdata name="The Harbour Post" position.section="Town" position.sequence="A3"/></head>
<body><body.head><hedline><hl1>Ferry to the <em>outer</em> isles returns</hl1><hl2>Crossing takes an hour</hl2></hedline>
<byline>By <person>Ida Moen</person><byttl>Shipping Editor</byttl></byline><distributor>Harbour Press</distributor>
<dateline><location>Skarvik, Coast</location><story.date norm="20240308"/></dateline>
<abstract><p>The ferry is back.</p></abstract></body.head>
<body.content><block><p>The ferry  sails
again &mdash; twice a day.</p><hl2>Fares</h12></hl2><p>A ticket costs 12 crowns.<br/>Children pay half.</p>
<media media-type="image"><media-caption><p>The ferry in March.</p></media-caption></media>
<table><tr><td>Monday</td><td>8:00</td></tr></table></block></body.content></body></nitf>
"""


def test_nitf(tmp_path: Path) -> None:
    found, record = article(tmp_path, "a.xml", NITF.replace("</h12>", ""), "nitf")
    assert found.title == "Ferry to the outer isles returns"
    paragraphs = found.body.split("\n\n")
    assert paragraphs[:2] == ["The ferry sails again — twice a day.", "Fares"]
    assert paragraphs[2:4] == ["A ticket costs 12 crowns.", "Children pay half."]
    assert (found.published, found.published_precision) == ("2024-03-09T08:15:00+01:00", "time")
    assert found.byline == ("Ida Moen",)
    assert found.agency == ("Harbour Press",)
    assert found.places == ("Skarvik",)
    assert (found.section, found.source, found.page, found.language) == ("Town", "The Harbour Post", "A3", "en-GB")
    assert found.tags == ("Ferries", "ferry")
    assert found.provenance.record_id == "harbour-17"
    assert set(record.furniture) == {"The ferry in March.", "Adds the mayor"}
    assert not record.notes


def test_nitf_that_is_not_well_formed_is_read_with_a_note(tmp_path: Path) -> None:
    _, record = article(tmp_path, "a.xml", NITF, "nitf")
    assert any("not well-formed" in note for note in record.notes)
    cut = NITF.replace("</h12>", "")[: NITF.index("Children")]
    found, record = article(tmp_path, "b.xml", cut, "nitf")
    assert "twice a day" in found.body
    assert any("its end may be missing" in note for note in record.notes)


def test_nitf_tells_a_status_and_keeps_an_embargo(tmp_path: Path) -> None:
    text = NITF.replace("</h12>", "").replace('"usable"', '"canceled"')
    text = text.replace("<key-list>", '<date.release norm="20240310T060000+0100"/><key-list>')
    found, record = article(tmp_path, "a.xml", text, "nitf")
    assert any("canceled" in note for note in record.notes)
    assert found.available_from == "2024-03-10T06:00:00+01:00"


def test_nitf_without_headline_and_text_is_rejected(tmp_path: Path) -> None:
    assert "neither" in reason(tmp_path, "a.xml", '<?xml version="1.0"?><nitf><body><body.content/></body></nitf>')


@pytest.mark.parametrize(
    "bad",
    [
        '<!DOCTYPE nitf [<!ENTITY a "aaaa"><!ENTITY x "&a;&a;">]>',
        '<!DOCTYPE nitf [<!ENTITY x SYSTEM "file:///etc/hostname">]>',
    ],
)
def test_entities_are_refused(tmp_path: Path, bad: str) -> None:
    assert "declarations of its own" in reason(
        tmp_path, "a.xml", f"{bad}<nitf><body><body.content><p>&x;</p></body.content></body></nitf>"
    )


def test_deep_and_wide_xml_ends_soon(tmp_path: Path) -> None:
    deep = "<nitf><body><body.content>" + "<block>" * 100_000 + "<p>text</p>"
    assert len(records(tmp_path, "deep.xml", f'<?xml version="1.0"?>{deep}')) == 1
    wide = "<nitf><body><body.content>" + "<p/>" * 1_000_001 + "</body.content></body></nitf>"
    assert "elements" in reason(tmp_path, "wide.xml", f'<?xml version="1.0"?>{wide}')


# NewsML-G2

G2 = """<?xml version="1.0" encoding="UTF-8"?>
<newsMessage xmlns="http://iptc.org/std/nar/2006-10-01/"><header><sent>2024-03-09T08:20:00Z</sent></header><itemSet>
<newsItem guid="urn:newsml:harbour.example:20240309:ferry" version="3" xml:lang="en">
<rightsInfo><copyrightHolder literal="Harbour Press"/></rightsInfo>
<itemMeta><itemClass qcode="ninat:text"/><provider literal="Harbour Press"/>
<versionCreated>2024-03-09T08:15:00+01:00</versionCreated><firstCreated>2024-03-09T07:00:00+01:00</firstCreated>
<pubStatus qcode="stat:{status}"/><edNote>Adds the mayor</edNote></itemMeta>
<contentMeta><located qcode="x:1"><name>Skarvik</name><broader><name>Coast</name></broader></located>
<by>By Ida Moen</by><creditline>Harbour Press</creditline>
<subject type="cpnat:abstract" qcode="medtop:1"><name>Ferries</name><broader><name>Transport</name></broader></subject>
<subject type="cpnat:abstract" qcode="house:department:3"><name>Town</name></subject>
<keyword>ferry</keyword><headline>Ferry to the outer isles returns</headline></contentMeta>
<contentSet><inlineXML contenttype="application/xhtml+xml"><html xmlns="http://www.w3.org/1999/xhtml"><head><title>No</title></head>
<body><p>The ferry sails again.</p><p>A ticket costs &lt;12&gt; crowns.</p></body></html></inlineXML></contentSet></newsItem>
<newsItem guid="urn:p" version="1"><itemMeta><itemClass qcode="ninat:picture"/></itemMeta>
<contentMeta><headline>A picture</headline></contentMeta></newsItem>
<packageItem guid="urn:q" version="1"><groupSet/></packageItem></itemSet></newsMessage>
"""


def test_newsml_g2(tmp_path: Path) -> None:
    first, picture, package = records(tmp_path, "a.xml", G2.replace("{status}", "usable"))
    assert isinstance(first, Extract)
    found = clean(first)
    assert first.provenance.format == "newsml_g2"
    assert first.position == "item 1"
    assert found.title == "Ferry to the outer isles returns"
    assert found.body == "The ferry sails again.\n\nA ticket costs <12> crowns."
    assert found.published == "2024-03-09T07:00:00+01:00"
    assert (found.byline, found.agency, found.places) == (("Ida Moen",), ("Harbour Press",), ("Skarvik",))
    assert (found.section, found.language, found.tags) == ("Town", "en", ("Ferries", "ferry"))
    assert found.provenance.record_id == "urn:newsml:harbour.example:20240309:ferry"
    assert isinstance(picture, Reject)
    assert "picture" in picture.reason
    assert isinstance(package, Reject)
    assert "package" in package.reason


def test_newsml_g2_withdrawn_items_say_so(tmp_path: Path) -> None:
    first, *_ = records(tmp_path, "a.xml", G2.replace("{status}", "canceled"))
    assert isinstance(first, Extract)
    assert any("canceled" in note for note in first.notes)


def test_newsml_g2_carries_nitf(tmp_path: Path) -> None:
    inner = NITF.replace("</h12>", "")
    inner = inner[inner.index("<nitf") :].replace("&mdash;", "-")
    text = G2.replace("{status}", "usable")
    a, b = text.index("<html"), text.index("</html>") + len("</html>")
    first, *_ = records(tmp_path, "a.xml", text[:a] + inner + text[b:])
    assert isinstance(first, Extract)
    assert clean(first).body.startswith("The ferry sails again - twice a day.\n\nFares\n\n")


# NewsML 1

NEWSML_1 = """<?xml version="1.0"?><NewsML Version="1.2"><NewsItem xml:lang="en"><Identification><NewsIdentifier>
<ProviderId>harbour.example</ProviderId><DateId>20240309</DateId><NewsItemId>ferry</NewsItemId><RevisionId>2</RevisionId>
<PublicIdentifier>urn:newsml:harbour.example:20240309:ferry:2</PublicIdentifier></NewsIdentifier></Identification>
<NewsManagement><FirstCreated>20240309T070000+0100</FirstCreated><Status FormalName="Usable"/></NewsManagement>
<NewsComponent><NewsLines><HeadLine>Ferry to the outer isles returns</HeadLine><ByLine>By Ida Moen</ByLine>
<DateLine>SKARVIK, March 9 (Harbour Press) -</DateLine></NewsLines>
<DescriptiveMetadata><Language FormalName="en"/></DescriptiveMetadata>
<NewsComponent><ContentItem><MediaType FormalName="Text"/><DataContent><p>The ferry sails again.</p><p>Twice a day, it goes
to the isles.</p></DataContent></ContentItem></NewsComponent>
<NewsComponent><ContentItem><MediaType FormalName="Text"/>
<DataContent><p>Contact: I. Moen</p></DataContent></ContentItem></NewsComponent>
<NewsComponent><ContentItem><MediaType FormalName="Photo"/><DataContent>0101</DataContent></ContentItem></NewsComponent>
</NewsComponent></NewsItem></NewsML>"""


def test_newsml_1(tmp_path: Path) -> None:
    found, record = article(tmp_path, "a.xml", NEWSML_1, "newsml_1")
    assert found.title == "Ferry to the outer isles returns"
    assert found.body == "The ferry sails again.\n\nTwice a day, it goes to the isles."
    assert found.published == "2024-03-09T07:00:00+01:00"
    assert (found.byline, found.places) == (("Ida Moen",), ("Skarvik",))
    assert found.provenance.record_id == "urn:newsml:harbour.example:20240309:ferry"
    assert record.furniture == ("Contact: I. Moen",)


def test_newsml_1_keeps_translations_apart(tmp_path: Path) -> None:
    whole = NEWSML_1[NEWSML_1.index("<NewsComponent>") : NEWSML_1.rindex("</NewsItem>")]
    other = whole.replace("Ferry to", "Fähre zu").replace('FormalName="en"', 'FormalName="de"')
    both = NEWSML_1.replace(whole, f"<NewsComponent>{whole}{other}</NewsComponent>")
    first, second = records(tmp_path, "a.xml", both)
    assert isinstance(first, Extract)
    assert isinstance(second, Extract)
    assert [clean(first).language, clean(second).language] == ["en", "de"]
    assert clean(first).id != clean(second).id


# ninjs

NINJS: dict[str, Any] = {
    "uri": "urn:harbour:ferry",
    "type": "text",
    "versioncreated": "2024-03-09T08:15:00+01:00",
    "firstcreated": "2024-03-09T07:00:00+01:00",
    "pubstatus": "usable",
    "language": "en",
    "headline": "Ferry to the outer isles returns",
    "byline": "Ida Moen",
    "located": "Skarvik",
    "body_xhtml": "<p>The ferry sails again.</p><p>Twice a day.</p>",
    "body_text": "The ferry sails again. Twice a day. And more words than the other has.",
    "subject": [{"name": "Ferries", "rel": "about"}],
    "infosource": [{"name": "Harbour Press"}],
}
NINJS_2: dict[str, Any] = {
    "uri": "urn:harbour:ferry",
    "type": "text",
    "versionCreated": "2024-03-09T07:00:00+01:00",
    "language": "en",
    "headlines": [{"role": "sub", "value": "No"}, {"role": "main", "value": "Ferry to the outer isles returns"}],
    "by": "Ida Moen",
    "bodies": [{"contentType": "text/html", "value": "<p>The ferry sails again.</p><p>Twice a day.</p>"}],
    "subjects": [{"name": "Ferries"}],
    "infosources": [{"name": "Harbour Press"}],
}


@pytest.mark.parametrize("given", [NINJS, NINJS_2], ids=["1", "2"])
def test_ninjs(tmp_path: Path, given: dict[str, Any]) -> None:
    found, _ = article(tmp_path, "a.json", json.dumps(given), "ninjs")
    assert found.title == "Ferry to the outer isles returns"
    assert found.body == "The ferry sails again.\n\nTwice a day."
    assert found.published == "2024-03-09T07:00:00+01:00"
    assert (found.byline, found.agency, found.tags, found.language) == (("Ida Moen",), ("Harbour Press",), ("Ferries",), "en")


def test_ninjs_associations_with_a_text_are_articles_of_their_own(tmp_path: Path) -> None:
    box = {"uri": "urn:harbour:box", "type": "text", "headline": "The fares", "body_text": "Twelve crowns."}
    picture = {"uri": "urn:harbour:picture", "type": "picture", "renditions": {}}
    found = records(tmp_path, "a.json", json.dumps({**NINJS, "associations": {"box": box, "picture": picture}}))
    assert [record.declared["title"] for record in found if isinstance(record, Extract)] == [NINJS["headline"], "The fares"]


def test_ninjs_pictures_are_rejected_and_told(tmp_path: Path) -> None:
    picture = {"uri": "urn:harbour:picture", "type": "picture", "versioncreated": "2024-03-09", "headline": "A ferry"}
    assert "picture" in reason(tmp_path, "a.json", json.dumps(picture))


def test_json_with_an_address_and_a_type_is_not_ninjs(tmp_path: Path) -> None:
    """Else its own names (date, author, text …) would go unread."""
    given = {
        "uri": "https://post.example/1",
        "type": "article",
        "title": "Ferry",
        "date": "2024-03-09",
        "author": "Ida Moen",
        "text": "It sails.",
    }
    found = records(
        tmp_path, "a.jsonl", "".join(json.dumps({**given, "uri": f"https://post.example/{n}"}) + "\n" for n in range(3))
    )
    assert [record.provenance.format for record in found if isinstance(record, Extract)] == ["jsonl"] * 3
    first = found[0]
    assert isinstance(first, Extract)
    assert (clean(first).published, clean(first).byline, clean(first).body) == ("2024-03-09", ("Ida Moen",), "It sails.")


# wire text

IPTC = (
    "\x16\x16\x01hpa062 4 i 211  dpa 061\r\n\r\nFerry/isles/\r\n\x021ST LEAD\r\nFerry to the outer isles returns =\r\n\r\n"
    "   Oslo (dpa) - The ferry sails again, twice a day, after\r\na winter of repairs.\r\n\r\n   A ticket costs 12 crowns.\r\n"
    "dpa im\r\n\x03090815 GMT Mar 24\r\n\x7f\x7f\x04"
)
ANPA = (
    "\x16\x16\x01W2870\x1f_coast\r\nr f\x13\x11 BC-Coast--Ferry     03-09 0123\r\n\x02^BC-Coast--Ferry,45<\r\n"
    "^Ferry to the outer isles returns<\r\n^Eds: Adds the mayor.<\r\n^By IDA MOEN=\r\n^Associated Press=\r\n"
    "\t   SKARVIK (AP) _ The ferry sails again.\r\n \r\n\t   A ticket costs 12 crowns.\r\n\x03AP-CS-03-09-24 0815GMT<\r\n\x04"
)


def test_wire_iptc_7901(tmp_path: Path) -> None:
    found, record = article(tmp_path, "a.txt", IPTC, "wire")
    assert found.title == "Ferry to the outer isles returns"
    assert found.body.startswith("Oslo (dpa) - The ferry sails again, twice a day, after a winter of repairs.")
    assert found.published == "2024-03-09T08:15:00+00:00"
    assert (found.section, found.tags, found.places) == ("International", ("Ferry/isles",), ("Oslo",))
    assert "1ST LEAD" in record.furniture


def test_wire_anpa_1312(tmp_path: Path) -> None:
    found, record = article(tmp_path, "a.txt", ANPA, "wire")
    assert found.title == "Ferry to the outer isles returns"
    assert found.body == "SKARVIK (AP) _ The ferry sails again.\n\nA ticket costs 12 crowns."
    assert found.published == "2024-03-09T08:15:00+00:00"
    assert (found.section, found.byline) == ("Financial", ("IDA MOEN",))
    assert "Eds: Adds the mayor." in record.furniture


def test_several_wire_messages_in_one_file(tmp_path: Path) -> None:
    found = records(tmp_path, "a.txt", IPTC + ANPA)
    assert [record.position for record in found] == ["message 1", "message 2"]


# mail


def message(
    subject: str = "Ferry to the outer isles returns", text: str = "The ferry sails again.\n\nFrom March on.\n"
) -> email.message.EmailMessage:
    made = email.message.EmailMessage()
    made["From"] = "Ida Moen <ida@harbour.example>"
    made["To"] = "desk@post.example"
    made["Subject"] = subject
    made["Date"] = format_datetime(datetime(2024, 3, 9, 8, 15, tzinfo=UTC))
    made["Message-ID"] = "<ferry@harbour.example>"
    made.set_content(text)
    return made


def test_mail(tmp_path: Path) -> None:
    made = message("Re: Fähre – zurück")
    made.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="fares.pdf")
    found, record = article(tmp_path, "a.eml", bytes(made), "mail")
    assert found.title == "Fähre – zurück"
    assert found.body == "The ferry sails again.\n\nFrom March on."
    assert found.byline == ("Ida Moen",)
    assert found.published == "2024-03-09T08:15:00+00:00"
    assert found.provenance.record_id == "ferry@harbour.example"
    assert any("fares.pdf" in note for note in record.notes)


def test_a_mailbox_is_read_as_the_standard_library_reads_it(tmp_path: Path) -> None:
    box = mailbox.mbox(tmp_path / "made.mbox")
    for number in range(5):
        box.add(message(f"Number {number}", f"From now on there are {number}.\n\nFrom Monday, more.\n"))
    box.close()
    found = records(tmp_path, "a.mbox", (tmp_path / "made.mbox").read_bytes())
    titles = [record.declared["title"] for record in found if isinstance(record, Extract)]
    with closing(mailbox.mbox(tmp_path / "made.mbox")) as kept:
        assert titles == [str(one["subject"]) for one in kept] == [f"Number {n}" for n in range(5)]
    first = found[0]
    assert isinstance(first, Extract)
    assert clean(first).body == "From now on there are 0.\n\nFrom Monday, more."


def test_mhtml_is_read_as_a_page(tmp_path: Path) -> None:
    page = (
        "<html><head><title>Ferry to the outer isles returns</title></head><body><h1>Ferry to the outer isles returns</h1>"
        + "<p>The ferry sails again, twice a day, after a long winter of repairs at the yard.</p>" * 3
        + "</body></html>"
    )
    text = (
        "From: <Saved by a browser>\r\nSnapshot-Content-Location: https://post.example/ferry\r\nSubject: Ferry\r\n"
        "Date: Sun, 10 Mar 2024 10:00:00 -0000\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/related; type="text/html"; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/html\r\nContent-Location: https://post.example/ferry\r\n\r\n" + page + "\r\n--b--\r\n"
    )
    found, _ = article(tmp_path, "a.mhtml", text, "mail")
    assert found.title == "Ferry to the outer isles returns"
    assert "twice a day" in found.body
    assert found.url == "https://post.example/ferry"
    assert found.published is None  # the day it was saved is not the day it was printed


# Reuters-21578

SGML = """<!DOCTYPE lewis SYSTEM "lewis.dtd">
<REUTERS TOPICS="YES" LEWISSPLIT="TRAIN" OLDID="1" NEWID="1">
<DATE> 9-MAR-1987 08:15:01.79</DATE><TOPICS><D>ship</D></TOPICS><PLACES><D>norway</D></PLACES>
<TEXT>&#2;<TITLE>FERRY &lt;FRY> RETURNS &amp; SAILS</TITLE><DATELINE>
    SKARVIK, March 9 - </DATELINE><BODY>The ferry sails again to the outer isles twice
a day, after a winter of repairs.
    A ticket costs 12 crowns.
 Reuter
&#3;</BODY></TEXT></REUTERS>
<REUTERS NEWID="2"><DATE>10-MAR-1987 08:15:01.79</DATE><TEXT TYPE="BRIEF">&#2;<TITLE>FERRY LATE</TITLE></TEXT></REUTERS>
"""


def test_reuters_21578(tmp_path: Path) -> None:
    first, second = records(tmp_path, "a.sgm", SGML)
    assert isinstance(first, Extract)
    assert isinstance(second, Extract)
    found = clean(first)
    assert found.title == "FERRY <FRY> RETURNS & SAILS"
    assert (
        found.body
        == "The ferry sails again to the outer isles twice a day, after a winter of repairs.\n\nA ticket costs 12 crowns."
    )
    assert found.published == "1987-03-09T08:15:01"
    assert (found.tags, found.places) == (("ship", "norway"), ("Skarvik",))
    assert clean(second).title == "FERRY LATE"


# everything there is


@pytest.mark.skipif(not SHARED.is_dir(), reason="the formats' samples are not on this machine")
@pytest.mark.parametrize("part", ["nitf", "newsml_g2", "newsml_1", "ninjs", "iptc7901_anpa", "email", "sgml_reuters21578"])
def test_every_sample_is_an_article_or_a_reject_with_a_reason(part: str) -> None:
    root = SHARED / part
    found = [record for path in sorted(root.rglob("*")) if path.is_file() for record in read_file(path, root)]
    assert any(isinstance(record, Extract) for record in found)
    for record in found:
        if isinstance(record, Reject):
            assert len(record.reason) > 9
        else:
            with suppress(ArticleError):  # a reject, too: neither headline nor text
                clean(record)
