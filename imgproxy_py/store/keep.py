"""Keeping a finished result: its bytes and the records that make them findable, in one go.

On a local folder all writes cost one hand-over to a thread instead of one each; the hand-over is
the dearer half of a small write.
"""

from collections.abc import Sequence

from imgproxy_py.store.blobs import Buffer
from imgproxy_py.store.contents import Contents
from imgproxy_py.store.key import Key
from imgproxy_py.store.records import Records, ResultRecord, SourceRecord

# Where a blob is kept, and its bytes.
Item = tuple[str, bytes | Buffer]


async def keep(
    contents: Contents,
    records: Records,
    *,
    data: bytes | Buffer,
    result: ResultRecord,
    source: tuple[Key, SourceRecord] | None = None,
    fed_back: ResultRecord | None = None,
    beside: Sequence[Item] = (),
) -> None:
    """Bytes first, then what names them. `contents` and `records` lie in the same store.

    `fed_back` is a second record of the same bytes, not remembered: it is seldom asked for.
    `beside` is written last.
    """
    items: list[Item] = [
        contents.item(data, sha256=result.sha256),
        records.result_item(result),
    ]
    if source is not None:
        items.append(records.source_item(*source))
    if fed_back is not None:
        items.append(records.result_item(fed_back))
    items += beside
    await contents.blobs.put_all(items)
    await contents.remember(data, sha256=result.sha256)
    await records.remember_result(result)
    if source is not None:
        await records.remember_source(*source)
