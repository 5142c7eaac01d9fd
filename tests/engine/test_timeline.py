"""When frames are on the screen, and how GIF tells it."""

from hypothesis import given
from hypothesis import strategies as st

from imgproxy_py.engine.timeline import as_shown, frame_at, middles_ms, whole_centiseconds

DELAYS = st.lists(st.integers(0, 3_000), min_size=1, max_size=40)


@given(DELAYS)
def test_no_frame_is_shown_for_less_than_browsers_allow(delays_ms: list[int]) -> None:
    shown = as_shown(delays_ms)

    assert min(shown) >= 11
    assert all(now == told for now, told in zip(shown, delays_ms, strict=True) if told > 10)


@given(st.lists(st.integers(20, 3_000), min_size=1, max_size=40))
def test_gif_delays_stay_within_half_a_step_of_the_moment_they_tell(delays_ms: list[int]) -> None:
    held = whole_centiseconds(delays_ms)

    assert all(delay % 10 == 0 for delay in held)
    for end in range(1, len(delays_ms) + 1):
        # A clamp to 20 ms may run ahead by what it added.
        assert abs(sum(held[:end]) - sum(delays_ms[:end])) <= 5


def test_gif_never_holds_a_delay_that_is_shown_for_a_tenth_of_a_second() -> None:
    assert whole_centiseconds([12, 12, 16, 100]) == [20, 20, 20, 80]


@given(DELAYS)
def test_the_middle_of_a_frame_belongs_to_it(delays_ms: list[int]) -> None:
    shown = as_shown(delays_ms)

    assert [frame_at(shown, middle) for middle in middles_ms(shown)] == list(range(len(shown)))


def test_beyond_the_end_the_last_frame_stays() -> None:
    assert frame_at([40, 60], 5_000) == 1
