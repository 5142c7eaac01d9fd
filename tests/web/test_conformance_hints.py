"""Client hints over real sockets: what is answered, told and kept."""

from tests.web.origin import Origin
from tests.web.pictures import jpeg, opened
from tests.web.server import USERNAME, RunningServer

ALL = "Sec-CH-DPR, Sec-CH-Width, Save-Data"


def test_hints_are_asked_for_and_varied_with_also_when_none_is_sent(
    listening: RunningServer, origin: Origin
) -> None:
    target = f"/{USERNAME}/format=jpeg/{origin.put('/photo.jpg', jpeg(640, 480))}"

    first = listening.get(target)
    good = listening.get(target, If_None_Match=str(first.headers["ETag"]))

    assert [answer.status for answer in (first, good)] == [200, 304]
    for answer in (first, good):
        assert answer.headers["Accept-CH"] == ALL
        assert answer.headers["Vary"] == "Sec-CH-DPR, Sec-CH-Width, Save-Data"


def test_a_layout_of_300_pixels_on_a_dense_screen_gets_its_device_pixels(
    listening: RunningServer, origin: Origin
) -> None:
    target = f"/{USERNAME}/format=jpeg/{origin.put('/photo.jpg', jpeg(800, 600))}"
    hints = {"Sec-CH-Width": "600", "Sec-CH-DPR": "2"}

    answer = listening.ask("GET", target, hints)
    near = listening.ask("GET", target, hints | {"Sec-CH-Width": "640"})

    assert opened(answer.body).width == 640
    assert 'options="320,2x,format=jpeg"' in str(answer.headers["Image-Optimization"])
    assert str(near.headers["Cache-Status"]).startswith("imgproxy-py; hit")
    assert len(origin.requests) == 1


def test_saving_data_lowers_the_preset_where_the_url_names_none(
    listening: RunningServer, origin: Origin
) -> None:
    url = origin.put("/photo.jpg", jpeg(640, 480))
    saving = {"Save-Data": "on"}

    plain = listening.ask("GET", f"/{USERNAME}/320/{url}")
    saved = listening.ask("GET", f"/{USERNAME}/320/{url}", saving)
    named = listening.ask("GET", f"/{USERNAME}/320,quality=high/{url}", saving)

    assert len(saved.body) < len(plain.body)
    assert 'preset="low"' in str(saved.headers["Image-Optimization"])
    assert 'preset="high"' in str(named.headers["Image-Optimization"])
    assert named.headers["Vary"] == "Accept, Sec-CH-DPR"


def test_without_the_setting_hints_change_nothing(server: RunningServer, origin: Origin) -> None:
    target = f"/{USERNAME}/format=jpeg/{origin.put('/photo.jpg', jpeg(320, 240))}"

    answer = server.ask("GET", target, {"Sec-CH-Width": "160", "Save-Data": "on"})

    assert opened(answer.body).width == 320
    assert (answer.headers["Accept-CH"], answer.headers["Vary"]) == (None, None)


def test_a_page_may_be_full_of_hints_and_still_few_results_are_made(
    listening: RunningServer, origin: Origin
) -> None:
    target = f"/{USERNAME}/format=jpeg,1x/{origin.put('/photo.jpg', jpeg(400, 300))}"

    tags = {
        listening.ask("GET", target, {"Sec-CH-Width": str(width)}).headers["ETag"]
        for width in range(201, 241, 5)
    }

    assert len(tags) == 1
