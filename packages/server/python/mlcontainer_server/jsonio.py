"""JSON in and out by one stable rule: what RFC 8259 cannot say is refused on input and null on output.

NaN, Infinity and numbers beyond a double are refused (`invalid-json`); of a repeated key the last one counts;
a NaN or an infinity among the predictions becomes null.
"""

from __future__ import annotations

from typing import Any

import orjson

from .errors import RequestError

_NOT_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")
_TO_SQUARE = bytes.maketrans(b"{}", b"[]")
_CHEAP_PASSES = 8


def decode(body: bytes, depth: int) -> Any:
    """Parse a body; RequestError 400 says what is wrong and where."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        code = "json-too-deep" if "depth limit" in error.msg else "invalid-json"
        raise RequestError(400, code, f"The body is not valid JSON: {error}") from None
    if _may_be_deep(body, depth) and _is_deeper(value, depth):
        raise RequestError(400, "json-too-deep", f"The body nests deeper than {depth} levels.")
    return value


def _may_be_deep(body: bytes, depth: int) -> bool:
    """Whether the brackets alone leave it open; a fraction of the cost of walking the values."""
    if body.count(b"[") + body.count(b"{") <= depth:
        return False
    brackets = body.translate(_TO_SQUARE, _NOT_BRACKETS)
    for _ in range(min(depth, _CHEAP_PASSES)):
        if not brackets:
            return False
        brackets = brackets.replace(b"[]", b"")
    return bool(brackets)


def _is_deeper(value: Any, depth: int) -> bool:
    """Whether lists and objects stand in each other more than `depth` times."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(depth):
        level = [
            item
            for node in level
            for item in (node.values() if isinstance(node, dict) else node)
            if isinstance(item, dict | list)
        ]
    return bool(level)


def _plain(value: Any) -> Any:
    """What orjson cannot write by itself: other arrays, frames, scalars."""
    for name in ("tolist", "item"):
        convert = getattr(value, name, None)
        if callable(convert):
            return convert()
    if isinstance(value, set | frozenset):
        return list(value)
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


def encode(value: Any) -> bytes:
    """Write an answer; numpy arrays go without a detour. TypeError when a value has no JSON form."""
    try:
        return orjson.dumps(value, _plain, orjson.OPT_SERIALIZE_NUMPY)
    except TypeError:
        # Byte-swapped arrays, and keys that are not text.
        return orjson.dumps(value, _plain, orjson.OPT_NON_STR_KEYS)
