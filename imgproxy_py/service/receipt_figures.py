"""What clients of the JSON surface are told of a receipt beside the receipt itself.

Parsing one costs more than everything else that a repeated call needs, and as much as writing it:
what was parsed or written lately is at hand.
"""

from collections import OrderedDict

from imgproxy_py.engine.receipt import Receipt

# Four megabytes of them.
MAX_ENTRIES = 2048

_known: OrderedDict[str, Receipt] = OrderedDict()


def figures_of(text: str) -> Receipt:
    """The receipt whose header's value is `text`; BadReceipt."""
    receipt = _known.get(text)
    if receipt is None:
        receipt = Receipt.parse(text)
        _remember(text, receipt)
    else:
        _known.move_to_end(text)
    return receipt


def written(receipt: Receipt) -> str:
    """The header's value of a receipt that is about to be asked for."""
    text = receipt.as_header()
    _remember(text, receipt)
    return text


def _remember(text: str, receipt: Receipt) -> None:
    _known[text] = receipt
    if len(_known) > MAX_ENTRIES:
        _known.popitem(last=False)
