"""Numbers as serde_json reads them without its ``float_roundtrip`` feature: fast, and at times off by the last digit.

The value matters only for an error text that quotes it, so the arithmetic is serde_json's, step for step.
"""

from __future__ import annotations

from mock_ares.ares.serde.reader import Reader

U64_MAX, I32_MAX = 2**64 - 1, 2**31 - 1
_POW10 = tuple(float(f"1e{exponent}") for exponent in range(309))


def number(reader: Reader) -> int | float:
    """A number that begins with the next byte, a digit or ``-``. Raises SerdeError."""
    positive = reader.peek() != b"-"
    if not positive:
        reader.index += 1
    first = reader.peek()
    if not first:
        reader.fail("EOF while parsing a value")
    if not first.isdigit():
        reader.index += 1
        reader.fail("invalid number")
    if first == b"0":
        reader.index += 1
        if reader.peek().isdigit():
            reader.fail_at_peek("invalid number")
        digits = b"0"
    else:
        digits = reader.digits()
    significand, used = _significand(0, digits)
    exponent = len(digits) - used
    value = _float(reader, significand, exponent)
    if value is None and exponent == 0:
        return _integer(significand, positive)
    if value is None:
        value = _scaled(reader, significand, exponent)
    return value if positive else -value


def _integer(significand: int, positive: bool) -> int | float:
    if positive:
        return significand
    return -significand if 0 < significand <= 2**63 else -float(significand)


def _significand(start: int, digits: bytes) -> tuple[int, int]:
    """As many of the digits as fit behind ``start`` in 64 bits: the number they make, and how many they are."""
    zeros = len(digits) - len(digits.lstrip(b"0")) if start == 0 else 0
    value, used = start, zeros
    for digit in digits[zeros : zeros + 21]:
        following = value * 10 + digit - 48
        if following > U64_MAX:
            break
        value, used = following, used + 1
    return value, used


def _float(reader: Reader, significand: int, exponent: int) -> float | None:
    """What a decimal point or an exponent makes of the digits before it; None where there is neither."""
    found = reader.peek()
    if found == b".":
        reader.index += 1
        digits = reader.digits()
        if not digits:
            reader.fail_at_peek("invalid number" if reader.peek() else "EOF while parsing a value")
        significand, used = _significand(significand, digits)
        exponent -= used
        found = reader.peek()
        if found not in (b"e", b"E"):
            return _scaled(reader, significand, exponent)
    if found not in (b"e", b"E"):
        return None
    return _exponent(reader, significand, exponent)


def _exponent(reader: Reader, significand: int, start: int) -> float:
    reader.index += 1
    sign = reader.peek()
    if sign in (b"+", b"-"):
        reader.index += 1
    first = reader.peek()
    if not first:
        reader.fail("EOF while parsing a value")
    if not first.isdigit():
        reader.index += 1
        reader.fail("invalid number")
    begin = reader.index
    digits = reader.digits()
    zeros = len(digits) - len(digits.lstrip(b"0"))
    if int(digits[zeros : zeros + 11] or b"0") > I32_MAX:
        if significand and sign != b"-":
            reader.index = begin + zeros + _overflow(digits[zeros:])
            reader.fail("number out of range")
        return 0.0
    exponent = int(digits[zeros:] or b"0")
    return _scaled(reader, significand, start - exponent if sign == b"-" else start + exponent)


def _overflow(digits: bytes) -> int:
    """How many digits have been taken when the exponent no longer fits in 32 bits."""
    return 10 if int(digits[:10]) > I32_MAX else 11


def _scaled(reader: Reader, significand: int, exponent: int) -> float:
    value = float(significand)
    exponent = max(-(2**31), min(I32_MAX, exponent))
    while abs(exponent) >= len(_POW10):
        if value == 0.0:
            return value
        if exponent >= 0:
            reader.fail("number out of range")
        value /= 1e308
        exponent += 308
    value = value * _POW10[exponent] if exponent >= 0 else value / _POW10[-exponent]
    if value == float("inf"):
        reader.fail("number out of range")
    return value


def shown(value: int | float) -> str:
    """A number as Rust's error texts quote it."""
    if isinstance(value, int):
        return f"integer `{value}`"
    digits = repr(value)
    if digits == "1e-05" or "e-05" in digits:
        mantissa, _, _ = digits.partition("e")
        digits = f"{value:.{4 + len(mantissa.lstrip('-').replace('.', ''))}f}"
    elif "e" in digits:
        mantissa, _, exponent = digits.partition("e")
        digits = f"{mantissa}e{exponent[0]}{exponent[1:].lstrip('0')}"
    return f"floating point `{digits}`"
