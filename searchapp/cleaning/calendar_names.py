"""Names of months and weekdays as newspapers print them, folded: lower case, no dots, no nukta.

English, Hindi, Bengali, French, German, Spanish, Portuguese, Italian, Dutch.
"""

from __future__ import annotations

import unicodedata


def fold_word(word: str) -> str:
    """A word for comparison: case, dots, accents written apart and the Devanagari and Bengali nukta are ignored."""
    if word.isascii():
        return word.lower().strip(".")
    decomposed = unicodedata.normalize("NFD", word.casefold())
    return unicodedata.normalize("NFC", decomposed.replace("\u093c", "").replace("\u09bc", "")).strip(".")


def _table(*rows: str) -> dict[str, int]:
    return {
        fold_word(name): number for row in rows for number, names in enumerate(row.split(), start=1) for name in names.split("|")
    }


MONTHS = _table(
    "january|jan february|feb|febr march|mar april|apr may june|jun july|jul august|aug september|sep|sept october|oct"
    " november|nov december|dec",
    "जनवरी फरवरी मार्च अप्रैल मई जून जुलाई अगस्त सितंबर|सितम्बर अक्टूबर|अक्तूबर|अक्तुबर नवंबर|नवम्बर दिसंबर|दिसम्बर",
    "জানুয়ারি|জানুয়ারী ফেব্রুয়ারি|ফেব্রুয়ারী মার্চ এপ্রিল মে জুন জুলাই আগস্ট|অগস্ট সেপ্টেম্বর অক্টোবর নভেম্বর ডিসেম্বর",
    "janvier|janv février|fevrier|févr mars avril|avr mai juin juillet|juil août|aout septembre octobre novembre décembre",
    "januar|jänner februar|feber märz|mrz april mai juni juli august september oktober|okt november dezember|dez",
    "enero|ene febrero marzo abril|abr mayo junio julio agosto|ago septiembre|setiembre octubre noviembre diciembre|dic",
    "janeiro fevereiro|fev março|marco abril maio|mai junho julho agosto setembro|set outubro|out novembro dezembro|dez",
    "gennaio|gen febbraio marzo aprile maggio|mag giugno|giu luglio|lug agosto settembre ottobre|ott novembre dicembre",
    "januari februari maart|mrt april mei juni juli augustus september oktober november december",
)
"""Folded name → 1 to 12."""

WEEKDAYS = _table(
    "monday|mon tuesday|tue|tues wednesday|wed thursday|thu|thur|thurs friday|fri saturday|sat sunday|sun",
    "सोमवार मंगलवार बुधवार गुरुवार|गुरूवार|बृहस्पतिवार|वीरवार शुक्रवार शनिवार रविवार|इतवार",
    "সোমবার মঙ্গলবার বুধবার বৃহস্পতিবার শুক্রবার শনিবার রবিবার",
    "lundi mardi mercredi jeudi vendredi samedi dimanche",
    "montag dienstag mittwoch donnerstag freitag samstag|sonnabend sonntag",
    "lunes martes miércoles|miercoles jueves viernes sábado|sabado domingo",
    "lunedì martedì mercoledì giovedì venerdì sabato domenica",
    "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
)
"""Folded name → 1 (Monday) to 7."""
