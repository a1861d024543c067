"""Superscript and subscript, for which Markdown has no marks: Unicode's own letters where they exist."""

_SUPERSCRIPTS = str.maketrans(
    "0123456789+-=()abcdefghijklmnoprstuvwxyz",
    "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ",
)
_SUBSCRIPTS = str.maketrans("0123456789+-=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ")


def superscript(text: str) -> str:
    return _scripted(text, _SUPERSCRIPTS, "^")


def subscript(text: str) -> str:
    return _scripted(text, _SUBSCRIPTS, "_")


def _scripted(text: str, letters: dict[int, int], sign: str) -> str:
    if not text.strip():
        return text
    if all(ord(character) in letters or character.isspace() for character in text):
        return text.translate(letters)
    return f"{sign}({text})"
