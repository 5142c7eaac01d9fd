"""What an SVG may ask for before librsvg sees it."""

import socket
import threading

import pytest

from imgproxy_py.engine.errors import BrokenImage, EngineError, ImageTooLarge
from imgproxy_py.engine.svg_guard import read_svg, refuse_filter_bomb
from tests.engine.drawing import color_at, plain, rendered

XML = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'


def svg(body: str, *, size: int = 40, doctype: str = "") -> bytes:
    return f'{doctype}<svg {XML} width="{size}" height="{size}">{body}</svg>'.encode()


def test_uses_are_counted_as_often_as_they_draw() -> None:
    levels = "".join(
        f'<g id="l{n}">' + f'<use href="#l{n - 1}"/>' * 10 + "</g>" for n in range(1, 4)
    )
    work = read_svg(svg('<g id="l0"><rect/></g>' + levels))

    # l0 draws 2, l1 11 + 10*2, l2 11 + 10*31, l3 11 + 10*321, and the root one.
    assert work.drawn_elements == 1 + 2 + 31 + 321 + 3221


def test_a_tower_of_uses_is_refused_with_both_figures() -> None:
    levels = "".join(
        f'<g id="l{n}">' + f'<use xlink:href="#l{n - 1}"/>' * 10 + "</g>" for n in range(1, 9)
    )

    with pytest.raises(ImageTooLarge, match=r"draws \d{9} elements .*; at most 200000"):
        read_svg(svg('<g id="l0"><rect/></g>' + levels))


def test_a_use_of_itself_is_no_endless_loop() -> None:
    assert read_svg(svg('<g id="a"><use href="#b"/></g><g id="b"><use href="#a"/></g>'))


@pytest.mark.parametrize(
    ("doctype", "error"),
    [
        ('<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>', BrokenImage),
        ('<!DOCTYPE svg [<!ENTITY % x SYSTEM "http://127.0.0.1/x.dtd">]>', BrokenImage),
        ('<!DOCTYPE svg [<!ENTITY a "lol"><!ENTITY b "&a;&a;">]>', ImageTooLarge),
    ],
)
def test_dangerous_entities_are_refused(doctype: str, error: type[EngineError]) -> None:
    with pytest.raises(error):
        read_svg(svg("<text>x</text>", doctype=doctype))


def test_an_entity_that_only_names_a_color_is_harmless() -> None:
    data = svg(
        '<rect width="40" height="40" fill="&brand;"/>',
        doctype='<!DOCTYPE svg [<!ENTITY brand "#00ff00">]>',
    )

    assert color_at(rendered(data).image, 0.5, 0.5) == (0, 255, 0)


def test_filters_count_their_primitives_times_the_pixels() -> None:
    work = read_svg(svg("<filter>" + "<feGaussianBlur/>" * 7 + "</filter>"))

    assert work.filter_weight == 7
    refuse_filter_bomb(work, pixels=2_800_000)
    with pytest.raises(ImageTooLarge, match="filters 21000000 pixels; at most 20000000"):
        refuse_filter_bomb(work, pixels=3_000_000)


def test_dear_filters_weigh_more_than_a_blur() -> None:
    turbulence = read_svg(svg('<filter><feTurbulence numOctaves="9"/></filter>'))
    morphology = read_svg(svg('<filter><feMorphology radius="100"/></filter>'))

    assert (turbulence.filter_weight, morphology.filter_weight) == (3, 20)


def test_a_picture_inside_is_drawn_and_its_header_obeys_the_limits() -> None:
    import base64

    inside = base64.b64encode(plain(8, 8, (0, 0, 200)).pngsave_buffer()).decode()
    picture = '<image width="40" height="40" href="data:image/png;base64,{}"/>'

    assert color_at(rendered(svg(picture.format(inside))).image, 0.5, 0.5) == (0, 0, 200)

    bomb = bytearray(base64.b64decode(inside))
    bomb[16:24] = (30_000).to_bytes(4, "big") * 2
    with pytest.raises(ImageTooLarge, match="30000x30000"):
        rendered(svg(picture.format(base64.b64encode(bomb).decode())))


def test_no_link_is_followed_while_drawing() -> None:
    reached: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.3)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/x.png"

        def listen() -> None:
            try:
                reached.append(listener.accept())
            except TimeoutError:
                return

        thread = threading.Thread(target=listen)
        thread.start()
        rendered(
            svg(
                f'<style>@import url("{url}"); rect {{ fill: url({url}#a) }}</style>'
                f'<image width="9" height="9" href="{url}"/><use href="{url}#b"/>'
                f'<image width="9" height="9" href="file:///etc/passwd"/>'
                f'<filter id="f"><feImage href="{url}"/></filter>'
                f'<rect width="9" height="9" filter="url(#f)"/>'
            )
        )
        thread.join()

    assert reached == []


@pytest.mark.parametrize("width", ["1e9", "2000000000", "99999999mm"])
def test_a_width_that_overflows_is_refused_and_not_drawn_as_one_pixel(width: str) -> None:
    with pytest.raises(ImageTooLarge, match="at most 1000000 is read"):
        rendered(f'<svg {XML} width="{width}" height="10"/>'.encode())


def test_markup_that_is_not_well_formed_is_broken() -> None:
    with pytest.raises(BrokenImage, match="the SVG is damaged"):
        read_svg(b"<svg><g></svg>")
