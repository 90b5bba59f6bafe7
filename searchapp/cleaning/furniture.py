"""Lines of a page that are no part of its article: what they look like.

Two kinds: lines that are furniture wherever they stand, and markers after which only furniture follows.
"""

from __future__ import annotations

import re

_ANYWHERE: tuple[tuple[str, str], ...] = (
    (
        "advertisement",
        r"[-—–*\[( ]*(?:advertisements?|advertorial|sponsored(?: content)?|promoted(?: content)?|विज्ञापन|বিজ্ঞাপন)[-—–*\]) ]*",
    ),
    (
        "link to another article",
        r"[-—–*•\[( ]*(?:(?:also|must|further) read|read (?:also|more|next|the full (?:story|report)|"
        r"this too|further)|see also|also see|also watch|"
        r"watch(?: also)?|related(?: (?:story|stories|articles?|news|posts?|reading|coverage|topics|"
        r"content))?|recommended(?: (?:for you|stories))?|"
        r"(?:also )?in (?:other news|this section)|more (?:on this|in this section|from .{2,40}|stories|news)|"
        r"यह भी पढ़ें|ये भी पढ़ें|इसे भी पढ़ें|और पढ़ें|संबंधित (?:ख़बरें|खबरें|समाचार)|আরও পড়ুন|আরো পড়ুন)\s*[:：|»>–—-].*",
    ),
    (
        "link to another article",
        r"(?:next|previous|prev|older|newer) (?:article|story|post|news)s?\b\s*[:：»›>–—-]?.{0,200}"
        r"|(?:read (?:more|also)|see also|also read|read next|read full story|continue reading|view (?:all|"
        r"more|comments)|load more|show more)[.…»›> ]*"
        r"|related (?:stories|articles|news|posts|topics)|अगली ख़बर|पिछली ख़बर|अगला लेख|पिछला लेख",
    ),
    (
        "share links",
        r"(?:(?:share|tweet|e-?mail|print|printer-friendly(?: page| version)?|whats ?app|facebook|twitter|"
        r"x|linkedin|telegram|pinterest|reddit|"
        r"instagram|messenger|threads|bluesky|copy link|link copied|listen|save(?: for later)?|bookmark|"
        r"comments?|like|follow|subscribe|"
        r"google news|larger type|shares?|text size|a[+-])(?:\s*[|·•/,>+]\s*|\s+|\Z)){2,20}",
    ),
    (
        "share links",
        r"(?:share|tweet|e-?mail|print|comment|comments|whats ?app|facebook|twitter|linkedin|telegram|"
        r"copy link|शेयर करें|শেয়ার করুন)[:.]?",
    ),
    (
        "share links",
        r"(?:please )?(?:click (?:here )?to )?share (?:this|on|via|with|story|article|post|now)\b.{0,80}"
        r"|e-?mail this (?:story|article|page)\b.{0,60}|(?:follow|like|join|find) us (?:on|at)\b.{0,120}"
        r"|follow .{2,60} on (?:facebook|twitter|x|instagram|whats ?app|google news|telegram)\b.{0,80}",
    ),
    (
        "invitation",
        r"(?:subscribe (?:to|now|today|for|here)|sign up (?:for|to|here|now)|download (?:the|our) .{0,"
        r"40}app|get (?:the|our) .{0,60}newsletter|"
        r"join our (?:whats ?app|telegram).{0,60}|leave a (?:reply|comment)|post a comment|"
        r"log ?in to (?:comment|continue)|click here (?:to|for)|"
        r"get the day’s .{0,80}|for (?:all )?(?:the )?latest .{0,60}(?:news|updates)[, ].{0,120}|"
        r"support (?:our|independent) journalism)\b.{0,140}",
    ),
    (
        "cookie notice",
        r"(?:we use cookies|this (?:web)?site uses cookies|accept (?:all )?cookies|cookie (?:policy|"
        r"settings|notice))\b.{0,300}",
    ),
    (
        "copyright line",
        r"(?:©|\(c\)\s*(?:19|20)\d\d|copyright\s*(?:©|\(c\)|(?:19|20)\d\d|[:,])).{0,200}"
        r"|.{0,120}\ball rights reserved\b.{0,80}|सर्वाधिकार सुरक्षित.{0,60}|সর্বস্বত্ব সংরক্ষিত.{0,60}",
    ),
    (
        "navigation",
        r"skip to (?:main )?content|back to top|(?:main )?menu|navigation|post navigation|"
        r"toggle navigation|home\s*[>›»/|].{0,120}|"
        r"(?:home|news|national|politics|world|business|opinion|sports?|science|e-?paper)(?:\s*[|·•]\s*[^|·•]{2,20}){2,15}|"
        r"(?:terms(?: of (?:use|service))?|privacy(?: policy)?|contact(?: us)?|corrections|"
        r"advertise(?: with us)?|sitemap|disclaimer|about us)"
        r"(?:(?:\s*[|·•/]\s*|\s+)(?:terms(?: of (?:use|service))?|privacy(?: policy)?|contact(?: us)?|"
        r"corrections|advertise(?: with us)?|sitemap|"
        r"disclaimer|about us|subscribe|archives?|feedback|help|faq))+",
    ),
    ("template word", r"spot_img|date\s*:|share post\s*:?|pinterest|subscribe|more like this|(?:leave a reply )?cancel reply"),
    (
        "disclaimer",
        r"\(?(?:this (?:report|story|article|content|news item) (?:has|is|was) .{0,60}(?:auto-?generated|syndicated|"
        r"not been edited)|(?:except for|with the exception of|apart from) the headline).{0,260}",
    ),
    ("counter", r"\d+\s*(?:min(?:ute)?s?\s*read|comments?|shares?|views?|likes?)|loading\s*(?:\.\.\.|…)?|\(?\d+\)? comments?"),
)
_TAIL: tuple[tuple[str, str], ...] = (
    (
        "list of other articles",
        r"(?:you (?:may|might) (?:also )?(?:like|be interested in)|trending(?: now| news| stories)?|"
        r"most (?:read|popular|viewed|shared)|"
        r"latest (?:news|stories|headlines)|top (?:stories|news|headlines)|editor['’]s (?:picks?|choice)|"
        r"popular(?: posts| stories| news)?|"
        r"recent (?:posts|articles|news|stories)|(?:related|more|other|recommended) (?:stories|articles|"
        r"news|posts|headlines|reading|coverage)|"
        r"more (?:from|in|on)\b.{0,40}|also in (?:the )?news|in other news|don['’]t miss|around the web|"
        r"from our partners|what to read next|"
        r"(?:next|previous) (?:article|story|post|news)|related|comments|categories|archives?|tags|"
        r"अन्य (?:ख़बरें|खबरें|समाचार)|ताज़ा ख़बरें|ताजा खबरें|संबंधित ख़बरें|बड़ी ख़बरें|ट्रेंडिंग|"
        r"आज की ख़बरें|অন্যান্য খবর|সর্বশেষ)\s*[:：]?",
    ),
)
_ABOUT = re.compile(
    r"(?:about (?:us|the (?:paper|newspaper|site|publication|publisher)|this (?:paper|newspaper|site))|"
    r"who we are|contact us|our story|"
    r"हमारे बारे में|हमारे विषय में|हमारा परिचय|संपर्क करें|আমাদের সম্পর্কে|আমাদের কথা|à propos|über uns|"
    r"quiénes somos|sobre nós)\s*[:：]?",
    re.IGNORECASE,
)
_ANYWHERE_PATTERNS = tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in _ANYWHERE)
_ANY = re.compile("|".join(f"(?:{pattern})" for _, pattern in _ANYWHERE), re.IGNORECASE)
"""All of them at once: most lines match none."""
_TAIL_PATTERNS = tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in _TAIL)
_TAGS = re.compile(
    r"(?:tags?|topics?|keywords?|filed under|tagged(?: with)?|टैग्स?|विषय|ট্যাগ)\s*[:：]\s*(?P<tags>\S.{0,300})\Z", re.IGNORECASE
)
_MAX_LINE = 320


def furniture_rule(line: str) -> str | None:
    """The rule by which a line is furniture wherever it stands, or None."""
    if len(line) > _MAX_LINE or _ANY.fullmatch(line) is None:
        return None
    return next((name for name, pattern in _ANYWHERE_PATTERNS if pattern.fullmatch(line)), None)


def tail_marker(line: str) -> str | None:
    """The rule by which a line begins a list of other articles at the end of a page, or None."""
    if len(line) > 80:
        return None
    return next((name for name, pattern in _TAIL_PATTERNS if pattern.fullmatch(line)), None)


def is_about(line: str) -> bool:
    """Whether a line heads the block in which a paper speaks of itself."""
    return len(line) <= 60 and _ABOUT.fullmatch(line) is not None


def tags_line(line: str) -> re.Match[str] | None:
    """A line of the page that gives the paper's tags: group ``tags``."""
    return _TAGS.match(line)


def ends_sentence(text: str) -> bool:
    """Whether a text ends as a sentence does. ``U.S.`` does not; a closing quote counts only after a stop."""
    core = text.rstrip("\"'”’»)]} ")
    if not core or core[-1] not in ".!?।॥…:;؟۔":
        return False
    if core[-1] == ".":
        last = core.rsplit(None, 1)[-1]
        return not (re.fullmatch(r"(?:[A-Za-z]\.){2,}", last) and core == text)
    return True


def ends_quoted(text: str) -> bool:
    """Whether a text ends in a closing quotation mark."""
    return text.rstrip().endswith(("”", '"', "’", "»", "'"))


_INNER_STOP = re.compile(r"(?:[a-z]{3}|\d|[\u0900-\u0dff]|[)”\"’])[.!?।][\"”’)]*\s+[(\[“\"‘A-Z\u0900-\u0dff]")
"""The end of a sentence within a line: lower-case letters, a stop, a capital."""


def inner_stop(text: str) -> bool:
    """Whether a sentence ends within a line and another begins."""
    return _INNER_STOP.search(text) is not None
