"""Pictures as data URIs with losses that are hard to see, for what is looked at in motion."""

from __future__ import annotations

import base64
from io import BytesIO

from PIL import Image, features

QUALITY = 85


def lossy_uri(image: Image.Image) -> str:
    """The picture as WebP, or as JPEG where this Pillow has no WebP.

    >>> lossy_uri(Image.new("RGB", (8, 8))).partition(",")[0] in (
    ...     "data:image/webp;base64", "data:image/jpeg;base64")
    True
    """
    stream, kind = BytesIO(), "webp" if features.check("webp") else "jpeg"
    image.convert("RGB").save(stream, kind.upper(), quality=QUALITY)
    return image_uri(kind, stream)


def image_uri(kind: str, stream: BytesIO) -> str:
    """An encoded picture as a data URI; `kind` such as "png"."""
    return f"data:image/{kind};base64,{base64.b64encode(stream.getvalue()).decode()}"
