"""Generated text: seeded sentences about learning machines, where an author wants an amount and no meaning.

The words are ASCII and the text is one line, so that it fits every dialect and a byte is a character. The
same seed gives the same text; of two lengths the shorter is the beginning of the longer, full stop aside.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import islice


def _listed(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_ARTICLES = _listed("the every one another")
_SUBJECTS = _listed("""
    model network layer neuron encoder decoder transformer classifier optimizer gradient tensor kernel
    embedding tokenizer agent router planner retriever teacher student ensemble pipeline cluster server
    client scheduler
""")
_OBJECTS = _listed("""
    weights features samples labels tokens prompts answers errors signals vectors matrices batches epochs
    patterns examples parameters activations predictions sequences documents images packets requests
    responses events boundaries checkpoints rewards policies memories contexts questions summaries distances
""")
_VERBS = _listed("""
    learns predicts updates compares encodes decodes ranks filters merges splits normalizes forgets rewrites
    scores collects shuffles transforms balances explores corrects streams buffers copies delays measures
    summarizes generates repeats
""")
_ADJECTIVES = _listed("""
    deep sparse dense hidden noisy shallow robust random linear recurrent convolutional latent smooth frozen
    distributed parallel tiny large partial labeled synthetic stable slow fast early late incremental bounded
    careful curious
""")
_ADVERBS = _listed("""
    slowly quickly often rarely usually carefully gradually eventually locally twice again together
""")
_LINKS = _listed("and but so because while until although whenever")

_FRESH_SENTENCES = 400
"""After so many the old ones come again in a random order: drawing each word of 8 MB would take seconds."""


def words(n: int, seed: int) -> str:
    """So many words in sentences; the last one ends with a full stop wherever it was cut."""
    if n < 1:
        return ""
    text = " ".join(islice(_words(seed), n))
    return text if text.endswith(".") else text.rstrip(",") + "."


def size(n_bytes: int, seed: int) -> str:
    """Exactly so many bytes of UTF-8, cut wherever that falls."""
    sentences, length = [], 0
    for sentence in _sentences(seed):
        if length >= n_bytes:
            break
        sentences.append(f"{sentence} ")
        length += len(sentences[-1])
    return "".join(sentences)[: max(n_bytes, 0)]


def _words(seed: int) -> Iterator[str]:
    for sentence in _sentences(seed):
        yield from sentence.split(" ")


def _sentences(seed: int) -> Iterator[str]:
    draw, known = random.Random(seed), []
    for _ in range(_FRESH_SENTENCES):
        known.append(_sentence(draw))
        yield known[-1]
    while True:
        yield known[draw.randrange(len(known))]


def _sentence(draw: random.Random) -> str:
    sentence = _clause(draw)
    if draw.randrange(3) == 0:
        sentence += f", {_pick(draw, _LINKS)} {_clause(draw)}"
    return sentence[0].upper() + sentence[1:] + "."


def _clause(draw: random.Random) -> str:
    subject = f"{_pick(draw, _ARTICLES)} {_pick(draw, _ADJECTIVES)} {_pick(draw, _SUBJECTS)}"
    if draw.randrange(2):
        subject += f" {_pick(draw, _ADVERBS)}"
    return f"{subject} {_pick(draw, _VERBS)} {_pick(draw, _ADJECTIVES)} {_pick(draw, _OBJECTS)}"


def _pick(draw: random.Random, choices: tuple[str, ...]) -> str:
    return choices[draw.randrange(len(choices))]
