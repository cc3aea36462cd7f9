"""Letters three terminal rows high, drawn with half blocks, for the one word that is read from across the room."""

# Five pixel rows per letter, each a string of 4 (or fewer) pixels.
_LETTERS = {
    "a": ".##. #..# #### #..# #..#",
    "b": "###. #..# ###. #..# ###.",
    "c": ".### #... #... #... .###",
    "d": "###. #..# #..# #..# ###.",
    "e": "#### #... ###. #... ####",
    "f": "#### #... ###. #... #...",
    "g": ".### #... #.## #..# .###",
    "h": "#..# #..# #### #..# #..#",
    "i": "# # # # #",
    "j": "...# ...# ...# #..# .##.",
    "k": "#..# #.#. ##.. #.#. #..#",
    "l": "#... #... #... #... ####",
    "m": "#...# ##.## #.#.# #...# #...#",
    "n": "#..# ##.# #.## #..# #..#",
    "o": ".##. #..# #..# #..# .##.",
    "p": "###. #..# ###. #... #...",
    "q": ".##. #..# #..# #.## .###",
    "r": "###. #..# ###. #.#. #..#",
    "s": ".### #... .##. ...# ###.",
    "t": "### .#. .#. .#. .#.",
    "u": "#..# #..# #..# #..# .##.",
    "v": "#..# #..# #..# .##. .##.",
    "w": "#...# #...# #.#.# ##.## #...#",
    "x": "#..# #..# .##. #..# #..#",
    "y": "#.# #.# .#. .#. .#.",
    "z": "#### ...# .##. #... ####",
    "0": ".##. #..# #..# #..# .##.",
    "1": ".# ## .# .# .#",
    "2": "###. ...# .##. #... ####",
    "3": "###. ...# .##. ...# ###.",
    "4": "#..# #..# #### ...# ...#",
    "5": "#### #... ###. ...# ###.",
    "6": ".##. #... ###. #..# .##.",
    "7": "#### ...# ..#. .#.. .#..",
    "8": ".##. #..# .##. #..# .##.",
    "9": ".##. #..# .### ...# .##.",
    "%": "#...# ...#. ..#.. .#... #...#",
    "-": "... ... ### ... ...",
    "_": "... ... ... ... ###",
    " ": ".. .. .. .. ..",
}
_HALVES = {"..": " ", "#.": "▀", ".#": "▄", "##": "█"}
ROWS = 3


def block_letters(text: str) -> list[str] | None:
    """``text`` as three rows of equal width, case ignored; None when it has a character that is not drawn here.

    >>> print("\\n".join(block_letters("hi")))
    █  █ █
    █▀▀█ █
    ▀  ▀ ▀
    """
    if not text or any(character not in _LETTERS for character in text.lower()):
        return None
    letters = [_LETTERS[character].split() for character in text.lower()]
    pixels = [".".join(letter[row] for letter in letters) for row in range(5)]
    pixels.append("." * len(pixels[0]))
    return [
        "".join(_HALVES[upper + lower] for upper, lower in zip(pixels[row], pixels[row + 1], strict=True))
        for row in range(0, 6, 2)
    ]
