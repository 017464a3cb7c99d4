"""Which single-byte encoding Cyrillic text is in, told by its letters and pairs of letters.

CP1251 and KOI8-R have the small letters of one where the other has the capital ones, and CP866
others again: read in the wrong one, words have rare letters, capitals inside, soft signs behind
vowels. KZ-1048 (STRK1048-2002) is CP1251 with Kazakh letters.
"""

from functools import cache

SINGLE_BYTE = ("cp1251", "kz1048", "koi8_r", "cp866")  # of equal readings the first counts

_SAMPLE = 512  # bytes from the first high one on; of a long record they tell its encoding
_FEWEST = 2  # letters; of one alone nobody can tell
_LEAST = 1.0  # points a letter: two thirds of the letters of any text have three or four
_WRONG = -3.0  # points of what no word has
_PAIR = 1.5  # points that a common pair of letters brings
_CAPITAL = -0.5  # so that a word in small letters wins over the same word in capitals

# Letters of Russian and Kazakh by how often they come, from the most frequent on.
_POINTS = {
    letter: float(points)
    for points, letters in (
        (4, "аоеинтрс"),
        (3, "лвкмдпуыіқ"),
        (2, "ябзьгчйғңәұүөж"),
        (1, "хшюцщһ"),
        (0, "эфъё"),
    )
    for letter in letters
}
# The commonest pairs of letters of Russian and Kazakh words.
_PAIRS = (
    "аб ав аг ад ае аз ай ак ал ам ан ап ар ас ат ау ах ац аш ая ағ ақ аң ба бе бл бн бо бъ бы бі "
    "бұ ва ве ви вл вн во вы га ге ги го гр гі да де ди до др ды ді еб ев ег ед еж ез ей ек ел ем "
    "ен еп ер ес ет еу еч еш ең жа же жн жо жу жі жү жұ за зд зе зм зо зу зы зі иб ив ид ие из ии "
    "ий ик ил им ин ио ир ис ит иф ич ия иғ йд йе йл йн йс ка ке ки кл ко кр кс кт кц кш кі кө ла "
    "лг лд ле лж ли лм ло лт лу лы ль ля лі лғ ма мд ме ми мл мм мо мт мы мі мә на нд не ни нк нн "
    "но нс нт ну нф нц нш ны ні нғ об ов ог од ое оз ой ок ол ом он оо оп ор ос от оч ою оғ оқ па "
    "пе пи пл по пр пс пу ра рв рг рд ре рж ри рк рл рм рн ро рс рт ру ры рі рғ рұ са се си ск сл "
    "сн со сп ст су сы ся сі сқ сө та тв те ти тк тн то тр тс тт ту ты ть ті тқ тү тұ тө уа ув уд "
    "уж уп ур ус ут уш уы уі фа фи фо фр ха хо це ци че чи чн ша ше ши шт шы ші ще ъе ыз ый ыл ым "
    "ын ып ыр ыс ыт ығ ық ың ьн эк эл ял яс ён іг із ік іл ім ін іп ір іс ің ға ғд ғы қа қи қо қп "
    "қс қт қы құ ңы үй үр ұл ұм ұп ұр ұқ әк әл әр өз өл өм өт өш "
)
_COMMON = frozenset(_PAIRS.split())
_VOWELS = frozenset("аоеиуыэюяёіәұүө")
_USUAL = frozenset("«»№–—…°©®„“”’§\u00a0")
_ASCII = bytes(range(128))


def encoding_of(record: bytes) -> str | None:
    """Give the encoding in which the bytes above ASCII read most like words; None where in none."""
    begin = max(0, len(record) - len(record.lstrip(_ASCII)) - 1)
    sample = record[begin : begin + _SAMPLE]
    letters = len(sample.translate(None, _ASCII))
    if letters < _FEWEST:
        return None
    best, best_score = None, _LEAST
    for encoding in SINGLE_BYTE:
        table = _tables(encoding)
        score = sum(map(table.__getitem__, zip(b" " + sample, sample + b" ", strict=True)))
        if score / letters > best_score:
            best, best_score = encoding, score / letters
    return best


class _Points(dict[tuple[int, int], float]):
    """The points of a pair of bytes in an encoding, found when they are first asked for."""

    def __init__(self, encoding: str) -> None:
        super().__init__()
        self._chars = bytes(range(256)).decode(encoding, "replace")

    def __missing__(self, pair: tuple[int, int]) -> float:
        found = self[pair] = _points(self._chars[pair[0]], self._chars[pair[1]])
        return found


@cache
def _tables(encoding: str) -> _Points:
    return _Points(encoding)


def _points(before: str, char: str) -> float:
    """Give the points of a character behind another one: its own, and those of the two together."""
    first, small = before.lower(), char.lower()
    if small not in _POINTS:
        if char.isascii():
            return _WRONG if first in _POINTS and char.isalpha() else 0.0
        return 0.0 if char in _USUAL and not (char in "©®" and first in _POINTS) else _WRONG
    points = _POINTS[small] + (_CAPITAL if char != small else 0.0)
    if first + small in _COMMON:
        points += _PAIR
    if before.isascii() and before.isalpha():  # two scripts in one word
        return points + _WRONG
    if before in _POINTS and char != small:  # a capital behind a small letter
        return points + _WRONG
    return points + (0.0 if _possible(first, small) else _WRONG)


def _possible(first: str, small: str) -> bool:
    """Tell whether a small letter stands behind another one (or at a word's start) in any word."""
    if first not in _POINTS:
        return small not in "ьъы"
    if small in "ьъ":
        return first not in _VOWELS and first not in "йьъ"
    if small == "й":
        return first in _VOWELS
    return not (small == "ы" and first in "ьъй")
