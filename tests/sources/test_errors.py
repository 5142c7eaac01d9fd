"""Errors of sources: what programs can rely on."""

from collections.abc import Iterator

from imgproxy_py.sources import errors
from imgproxy_py.sources.errors import SourceError


def all_errors(root: type[SourceError] = SourceError) -> Iterator[type[SourceError]]:
    yield root
    for child in root.__subclasses__():
        yield from all_errors(child)


def test_no_two_errors_share_a_code() -> None:
    codes = [error.code for error in all_errors()]

    assert len(codes) == len(set(codes))


def test_an_error_can_be_raised_again_for_somebody_else() -> None:
    met = errors.SourceTooLarge(source_bytes=9, max_source_bytes=8)
    met.remembered_until = 7.0
    try:
        raise met
    except SourceError:
        again = met.again()

    assert (again.args, vars(again)) == (met.args, vars(met))
    assert again is not met
    assert again.__traceback__ is None


def test_every_error_stands_in_the_drawn_tree() -> None:
    drawn = errors.__doc__ or ""

    for error in all_errors():
        assert f" {error.__name__}" in drawn
