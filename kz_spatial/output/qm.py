"""Compile translations: Qt's `.ts` source into the `.qm` that QTranslator reads.

A `.qm` is a magic number and sections of tag, length and bytes, all big-endian: sorted hashes with
offsets, then messages of translation, context and source text. Plural forms are not used here.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

from kz_spatial.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["compile_ts", "read_ts"]

_MAGIC: Final = bytes.fromhex("3cb86418caef9c95cd211cbf60a1bddd")
_HASHES, _MESSAGES, _LANGUAGE = 0x42, 0x69, 0xA7
_END, _TRANSLATION, _SOURCE, _CONTEXT, _COMMENT = 1, 3, 6, 7, 8


def read_ts(path: Path) -> dict[tuple[str, str], str]:
    """Translation by context and source text; unfinished and empty ones are left out.

    Raises
    ------
    InputError
        When the file is no `.ts`, or holds a text twice.
    """
    try:
        root = ET.parse(path).getroot()  # noqa: S314  our own file
    except ET.ParseError as error:
        raise InputError(f"{path}: cannot be read as .ts ({error})") from error
    found: dict[tuple[str, str], str] = {}
    for context in root.findall("context"):
        for message in context.findall("message"):
            key = context.findtext("name", ""), message.findtext("source", "")
            told = message.find("translation")
            if key in found:
                raise InputError(f"{path}: {key[1]!r} stands in it twice")
            if told is not None and told.text and told.get("type") != "unfinished":
                found[key] = told.text
    return found


def _hash(text: bytes) -> int:
    """Hash of System V's ELF, as Qt looks messages up by."""
    value = 0
    for byte in text:
        value = ((value << 4) + byte) & 0xFFFFFFFF
        high = value & 0xF0000000
        value ^= high >> 24
        value &= ~high & 0xFFFFFFFF
    return value or 1


def _field(tag: int, data: bytes) -> bytes:
    return struct.pack(">BI", tag, len(data)) + data


def compile_ts(path: Path) -> bytes:
    """Content of the `.qm` of a `.ts`.

    Parameters
    ----------
    path : Path
        Its language is the attribute of its root.

    Raises
    ------
    InputError
        When the file is no `.ts`.
    """
    messages, offsets = b"", []
    for (context, source), translation in read_ts(path).items():
        text = source.encode()
        offsets.append((_hash(text), len(messages)))
        messages += (
            _field(_TRANSLATION, translation.encode("utf-16-be"))
            + _field(_COMMENT, b"")
            + _field(_SOURCE, text)
            + _field(_CONTEXT, context.encode())
            + bytes([_END])
        )
    hashes = b"".join(struct.pack(">II", *each) for each in sorted(offsets))
    language = ET.parse(path).getroot().get("language", "").encode()  # noqa: S314  our own file
    return (
        _MAGIC + _field(_LANGUAGE, language) + _field(_HASHES, hashes) + _field(_MESSAGES, messages)
    )
