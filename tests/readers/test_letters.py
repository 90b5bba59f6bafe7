"""Old encodings are told by their letters; a wrong guess would be a text nobody can find."""

from __future__ import annotations

import pytest

from searchapp.readers.encoding import decode, note

TEXTS = {
    "French": "L’été dernier, la société a déjà reçu cinq élèves à l’école. « Ça va », dit-elle.",
    "German": "Die Straße wurde für längere Zeit gesperrt, sagte Bürgermeisterin Möller.",
    "Russian": "Мост закрыт до весны, сообщил мэр города в пятницу.",
    "Ukrainian": "Міст закрито до весни, повідомив мер міста. Їхати не можна.",
    "Bulgarian": "Мостът е затворен до пролетта, съобщи кметът на града в петък.",
    "Polish": "Most został zamknięty do wiosny, powiedział w piątek burmistrz. Źródło: żegluga.",
    "Czech": "Most je do jara uzavřen, řekl v pátek starosta. Lodě čekají u břehu.",
    "Hungarian": "A hidat tavaszig lezárták, közölte pénteken a polgármester. Az őrök űzték el őket.",
    "Spanish": "El alcalde señaló que el año próximo habrá más días. ¿Qué? ¡Sí!",
    "Swedish": "Bron stängs över vintern, säger borgmästare Åsa Öberg på fredagen.",
    "Turkish": "Köprü kışın kapalı kalacak, dedi İnce. Şöyle ığdır çöğür.",
    "names of several languages": "Zoë Müller met João Gonçalves and Björn Åkesson at the café of Señora Núñez.",
}
ENCODINGS = [
    *(("French", name) for name in ("cp1252", "mac-roman")),
    *(("German", name) for name in ("cp1252", "mac-roman")),
    *(("Russian", name) for name in ("cp1251", "koi8-r", "cp866", "iso8859-5", "mac-cyrillic")),
    *((language, "cp1251") for language in ("Ukrainian", "Bulgarian")),
    *((language, name) for language in ("Polish", "Czech", "Hungarian") for name in ("cp1250", "iso8859-2")),
    *((language, "cp1252") for language in ("Spanish", "Swedish", "names of several languages")),
    ("Turkish", "cp1254"),
]


@pytest.mark.parametrize(("language", "encoding"), ENCODINGS)
def test_an_old_encoding_is_told_by_its_letters_and_noted(language: str, encoding: str) -> None:
    text, guessed = decode(TEXTS[language].encode(encoding))
    assert text == TEXTS[language]
    assert note(guessed, text)


@pytest.mark.parametrize("encoding", ["utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be"])
def test_wide_encodings_without_a_mark(encoding: str) -> None:
    assert decode(("The bridge is closed until the spring. " * 3).encode(encoding))[0].startswith("The bridge")


def test_a_typewriter_apostrophe_of_an_old_macintosh() -> None:
    assert decode("The mayor’s bridge".encode("mac-roman")) == ("The mayor’s bridge", "mac-roman")
