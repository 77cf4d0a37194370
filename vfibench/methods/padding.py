"""Which padding a method really gets under a protocol."""

from __future__ import annotations

import math
from dataclasses import replace

from vfibench.contracts import Padding
from vfibench.methods.resolving import Method
from vfibench.metrics.protocols import Protocol


def effective_padding(method: Method, protocol: Protocol) -> Padding:
    """The protocol's rule, with a multiple the network accepts and the extra pixels a variant asks for.

    Those are both kinds: `extra`, and `extra_when_fitting`.
    """
    needed = method.card.padding
    if protocol.padding is None:
        return needed
    asked = method.card.variants[method.variant].padding if method.variant else None
    source = asked or protocol.padding
    return replace(
        protocol.padding,
        multiple=math.lcm(protocol.padding.multiple, needed.multiple),
        extra=source.extra,
        extra_when_fitting=source.extra_when_fitting,
    )
