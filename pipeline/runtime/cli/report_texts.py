"""What is told to who entered a report, in the languages of the deployment."""

_ENTERED = {
    "kk": (
        "{id} хабарламасы {object} объектісі бойынша тіркелді; шешімді адам қабылдайды: "
        "saqshy incidents list --candidates"
    ),
    "ru": (
        "сообщение {id} по объекту {object} принято; решение принимает человек: "
        "saqshy incidents list --candidates"
    ),
    "en": (
        "report {id} of object {object} is entered; a person decides: "
        "saqshy incidents list --candidates"
    ),
}
LANGUAGES = tuple(_ENTERED)


def told(language: str, report_id: str, object_id: str) -> str:
    """Say that a report is entered."""
    return _ENTERED[language].format(id=report_id[:12], object=object_id)
