"""Tables read from files: frozen, strict, every mistake one line."""

from __future__ import annotations

from numbers import Integral, Real
from operator import index
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from ...engine import InputError, check_name


def plain(value: Any) -> Any:
    """Give a number of any library as Python's own int or float; whatever is none, and a truth value, as it is."""
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, Integral):
        return index(value)
    return float(value) if isinstance(value, Real) else value


Number = Annotated[
    float,
    Field(strict=True, allow_inf_nan=False),
    AfterValidator(lambda value: value + 0.0),
    BeforeValidator(plain),
]
"""A finite number, and nothing that merely looks like one; minus zero becomes zero."""

Whole = Annotated[int, Field(strict=True), BeforeValidator(plain)]
"""An integer of any library, and no truth value."""

PositiveNumber = Annotated[Number, Field(gt=0)]


class Table(BaseModel):
    """A table of a file: nothing in it is converted, and a key that is not known is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


Model = TypeVar("Model", bound=Table)


def shown(value: object, limit: int = 60) -> str:
    """Write a value on one line, shortened; tables by what they are."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, str):
        text = repr(value[: 2 * limit])
    elif isinstance(value, list):
        text = "[" + ", ".join(shown(each, 20) for each in value[:6]) + (", ..." if len(value) > 6 else "") + "]"
    elif isinstance(value, bool):
        text = str(value).lower()
    elif isinstance(value, int) and abs(value) >= 10**30:
        text = "an integer of more than 30 digits"
    else:
        text = " ".join(repr(value).split())
    return text if len(text) <= limit else text[:limit] + "..."


def place(*parts: object) -> str:
    """Join keys to the path a user would look for; unusual keys in quotes."""
    words = [str(part) for part in parts if part != ""]
    return ".".join(word if word.replace("-", "").replace("_", "").isalnum() else shown(word, 40) for word in words)


def validated(model: type[Model], raw: object, where: str = "") -> Model:
    """Read a table as a model.

    Parameters
    ----------
    model : class
        A kind of ``Table``.
    raw : object
        What was given, as the TOML parser left it.
    where : str
        Path of the table in its file; empty for the file itself.

    Raises
    ------
    InputError
        For the first mistake: where, what was given, what is allowed.
    """
    if not isinstance(raw, dict):
        raise InputError(f"{where}: given {shown(raw)}, a table is needed")
    for key in raw:
        check_name(where or "top level", shown_key(key), model.model_fields)
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise _in_one_line(model, error, where) from None


def shown_key(key: object) -> str:
    """Cut a key that could fill the screen; no name that is allowed is as long."""
    return str(key)[:80]


def _in_one_line(model: type[Table], error: ValidationError, where: str) -> InputError:
    first = error.errors(include_url=False)[0]
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, InputError):
        return cause
    path = ".".join(filter(None, (where, place(*first["loc"])))) or "top level"
    if first["type"] == "missing":
        needed = model.model_fields[str(first["loc"][0])].description or "a value is needed"
        return InputError(f"{path}: missing; {needed}")
    return InputError(f"{path}: given {shown(first['input'])}, {_allowed(first)}")


def _allowed(first: Any) -> str:
    words = {
        "float_type": "a number is needed",
        "int_type": "an integer is needed",
        "bool_type": "true or false is needed",
        "string_type": "a text is needed",
        "dict_type": "a table is needed",
        "model_type": "a table is needed",
        "tuple_type": "a list is needed",
        "finite_number": "a finite number is needed",
        "too_short": "at least one value is needed",
    }
    message: str = words.get(
        first["type"], first["msg"].removeprefix("Value error, ").replace("Input should be", "it must be")
    )
    return message
