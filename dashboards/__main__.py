"""Write every dashboard in every language: ``python -m dashboards``."""

from pathlib import Path

from dashboards import coverage, health, incidents, notices, regulator, rules, shift
from dashboards.building import written
from dashboards.texts import LANGUAGES, saying

FOLDER = Path(__file__).parent
BOARDS = tuple(one.BOARD for one in (shift, incidents, notices, coverage, health, rules, regulator))


def files() -> dict[str, str]:
    """Give the JSON of each dashboard by its path in this folder."""
    return {
        f"{language}/{board.name}.json": written(board, language, saying(language))
        for language in LANGUAGES
        for board in BOARDS
    }


def main() -> None:
    """Write the files."""
    for name, text in files().items():
        path = FOLDER / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
