"""What can be the name of a place in a dateline, and how the archive writes it."""

from __future__ import annotations

import re

from searchapp.cleaning.calendar_names import MONTHS, WEEKDAYS, fold_word

_SMALL_WORDS = "de del da do dos la le les el al of the upon on sur am an der den di y und and in"
_SMALL = frozenset(_SMALL_WORDS.split())
_NO_PLACE_WORDS = (
    "on|in|at|since|until|till|from|after|before|note|update|updated|correction|corrections|clarification|editor|by|q|a|photo|photos|image|video|watch|"
    "breaking|exclusive|opinion|analysis|review|published|read|sources|source|summary|question|answer|today|"
    "yesterday|tomorrow|sir|madam|dear|letters|letter|explained|explainer|factbox|timeline|live|also|subject|"
    "re|attention|warning|caption|file|left|right|above|below|results|result|score|scores|brief|briefly|"
    "ingredients|method|date|time|venue|contact|price|rating|cast|director|verdict|example|remember|"
    "interviewer|reporter|police|government|minister|moral|quote|lesson|reply|tip|step|part|chapter|scene|day|"
    "week|year|first|second|third|finally|meanwhile|however|but|and|so|then|now|here|there|yes|no|ps|nb|eg|ie|"
    "alert|weather|forecast|editorial|headlines|headline|title|teams|squads|toss|umpires|kick-off|tickets|who|"
    "what|when|where|why|how|सुधार|भूल सुधार|स्पष्टीकरण|नोट|संपादक|सवाल|जवाब|प्रश्न|उत्तर|महोदय"
)
_NO_PLACES = frozenset(fold_word(word) for word in _NO_PLACE_WORDS.split("|"))
_WORD = re.compile(r"[^\W\d_][^\s\d,:;()/]*\.?\Z")
_DOTTED = re.compile(r"(?:[A-Z]\.){2,}\Z")

_QUALIFIERS = (
    "Ala|Alaska|Ariz|Ark|Calif|Colo|Conn|Del|Fla|Ga|Hawaii|Idaho|Ill|Ind|Iowa|Kan|Kans|Ky|La|Maine|Md|"
    "Mass|Mich|Minn|Miss|Mo|Mont|"
    "Neb|Nebr|Nev|N.H|N.J|N.M|N.Y|N.C|N.D|Ohio|Okla|Ore|Oreg|Pa|Penn|R.I|S.C|S.D|Tenn|Tex|Texas|Utah|Vt|"
    "Va|Wash|W.Va|Wis|Wisc|Wyo|D.C|DC|"
    "Alabama|Arizona|Arkansas|California|Colorado|Connecticut|Delaware|Florida|Georgia|Illinois|Indiana|"
    "Kansas|Kentucky|Louisiana|"
    "Maryland|Massachusetts|Michigan|Minnesota|Mississippi|Missouri|Montana|Nebraska|Nevada|New Hampshire|"
    "New Jersey|New Mexico|"
    "North Carolina|North Dakota|Oklahoma|Oregon|Pennsylvania|Rhode Island|South Carolina|South Dakota|"
    "Tennessee|Vermont|Virginia|"
    "West Virginia|Wisconsin|Wyoming|Alberta|British Columbia|Manitoba|New Brunswick|Newfoundland|"
    "Nova Scotia|Ontario|Ont|Quebec|Que|"
    "Saskatchewan|Sask|B.C|Andhra Pradesh|Arunachal Pradesh|Assam|Bihar|Chhattisgarh|Goa|Gujarat|Haryana|"
    "Himachal Pradesh|Jharkhand|"
    "Karnataka|Kerala|Madhya Pradesh|Maharashtra|Manipur|Meghalaya|Mizoram|Nagaland|Odisha|Orissa|Punjab|"
    "Rajasthan|Sikkim|Tamil Nadu|"
    "Telangana|Tripura|Uttar Pradesh|Uttarakhand|West Bengal|U.P|UP|M.P|J&K|England|Scotland|Wales|"
    "Northern Ireland|UK|U.K|USA|U.S|U.S.A|"
    "US|West Germany|East Germany|Germany|France|Italy|Spain|Portugal|Switzerland|Austria|Belgium|"
    "Netherlands|the Netherlands|Denmark|"
    "Sweden|Norway|Finland|Ireland|Greece|Turkey|Russia|Ukraine|Poland|Hungary|Romania|Bulgaria|Serbia|"
    "Croatia|Japan|China|Taiwan|"
    "South Korea|North Korea|Korea|Philippines|Indonesia|Malaysia|Thailand|Vietnam|Myanmar|Burma|Nepal|"
    "Bhutan|Bangladesh|Pakistan|"
    "Afghanistan|Sri Lanka|India|Iran|Iraq|Israel|Jordan|Lebanon|Syria|Saudi Arabia|Egypt|Libya|Tunisia|"
    "Algeria|Morocco|Nigeria|Kenya|"
    "Uganda|Tanzania|Ethiopia|Sudan|Ghana|South Africa|Zimbabwe|Zambia|Brazil|Argentina|Chile|Peru|"
    "Colombia|Venezuela|Mexico|Cuba|Haiti|"
    "Australia|New South Wales|Queensland|Victoria|New Zealand|St. Lucia|Bermuda|Bahamas|Canada"
)
_QUALIFYING = frozenset(fold_word(name) for name in _QUALIFIERS.split("|"))


def is_qualifier(text: str) -> bool:
    """Whether a text after a place says in which state or country it lies."""
    return fold_word(text.strip()) in _QUALIFYING


def is_place(text: str) -> bool:
    """Whether a text is formed like the name of a place: one to four words, capitalised where the script has capitals."""
    words = text.split()
    if not 1 <= len(words) <= 4 or len(text) > 40 or text.startswith(("“", '"', "‘", "'")):
        return False
    folded = [fold_word(word) for word in words]
    if fold_word(text) in _NO_PLACES or folded[0] in _NO_PLACES or folded[0] in WEEKDAYS:
        return False
    if len(words) == 1 and folded[0] in MONTHS:
        return False
    if words[0].lower() in _SMALL - {"la", "le", "el", "al", "the"} and not words[0][0].isupper():
        return False
    return all(_WORD.match(word) and (not word[0].islower() or word.lower() in _SMALL) for word in words)


_IN_NAMES_WORDS = (
    "new north south east west northern southern eastern western upper lower port san santa los las sri fort mount saint "
    "st great greater navi uttar dakshin nagar city hills hill delhi pradesh bazar bazaar bengal nadu kashmir town "
    "island islands park beach valley lake river road camp colony district garden gardens cantonment sadar nagaland "
    "bihar assam york rio de la el abu addis buenos cape hong kuala phnom tel ulan washington ri khasi jaintia garo dima "
    "char nations नई नगर शहर पुर न्यू"
)
_IN_NAMES = frozenset(_IN_NAMES_WORDS.split())
_PLACE_ENDINGS = (
    "pur pura pore garh nagar abad bad ganj patnam kota giri puram gaon guri hat bari ghat palli wadi halli khand land "
    "stan burg berg ville town ton ford shire mouth port पुर नगर गढ़ बाद गंज গঞ্জ পুর নগর"
)
_ENDINGS = tuple(_PLACE_ENDINGS.split())
_SPEAKERS_WORDS = (
    "congress opposition cong centre governor president chairman secretary modi gandhi shah court judge counsel witness "
    "residents villagers farmers students doctors experts officials minister mla mp cm pm dc sp dgp ians prime leader "
    "captain coach manager spokesperson spokesman party union mr mrs ms dr prof shri smt chief team match winner runner- "
    "up sport sports cricket football"
)
_SPEAKERS = frozenset(_SPEAKERS_WORDS.split())


def may_stand_alone(text: str) -> bool:
    """Whether a name before nothing but a colon may be a place and not a speaker, a party or a heading.

    One word may, but for short capitals; several only when one of them is formed as names of places are.
    """
    words = [word.casefold() for word in text.split()]
    if _SPEAKERS.intersection(words) or (text.isupper() and len(text) <= 5 and text.isascii()):
        return False
    return len(words) == 1 or any(word in _IN_NAMES or word.endswith(_ENDINGS) for word in words)


def place_name(text: str) -> str:
    """The place as the archive writes it: what is printed in capitals throughout becomes capitalised."""
    text = " ".join(text.split())
    if text.upper() != text or text.lower() == text or len(text) <= 3 or _DOTTED.match(text):
        return text
    words = text.split()
    return " ".join(word.lower() if index and word.lower() in _SMALL else _capitalised(word) for index, word in enumerate(words))


def _capitalised(word: str) -> str:
    return "-".join("'".join(part[:1] + part[1:].lower() for part in piece.split("'")) for piece in word.split("-"))
