"""Draws an uploaded image anew, so that nothing but its pixels is kept."""

import io
import warnings

from PIL import Image, ImageOps

from directory.files.errors import FileRefused
from directory.files.rules import Media
from foundation.errors import Problem

# 16 million pixels are 48 MB once decoded; a larger one is refused before it is.
PIXELS_MAX = 16_000_000
FORMATS = {Media.PNG: "PNG", Media.JPEG: "JPEG"}
QUALITY = 88
TOO_MANY_PIXELS = Problem("too_many_pixels", "图像过大", "the image is too large", "file")


def draw_anew(content: bytes, media: Media) -> bytes:
    """Decode and encode again: metadata, trailing data and other formats' bytes are gone.

    Raises:
        FileRefused: for an image that cannot be decoded, or is too large to be.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with Image.open(io.BytesIO(content), formats=[FORMATS[media]]) as image:
                _require_small(image)
                bare = ImageOps.exif_transpose(image).convert("RGB")
                drawn = io.BytesIO()
                bare.save(drawn, FORMATS[media], quality=QUALITY)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise FileRefused([TOO_MANY_PIXELS]) from error
    except (OSError, ValueError, SyntaxError, Warning) as error:
        raise FileRefused(
            [Problem("malformed", "图像无法解码", "the image cannot be decoded", "file")]
        ) from error
    return drawn.getvalue()


def _require_small(image: Image.Image) -> None:
    # The size is in the header; the pixels are not decoded yet.
    if image.width * image.height > PIXELS_MAX:
        raise FileRefused([TOO_MANY_PIXELS])
