"""What a sent file really is, and the same file without what it tells behind the sender's back.

The name and the declared type are never believed. Images are decoded and written anew, which drops
EXIF (place, phone model), comments and anything appended to the picture.
"""

import io
import struct

import filetype  # type: ignore[import-untyped]
from PIL import Image, ImageOps, UnidentifiedImageError

MAX_PIXELS = 120_000_000  # a 108-megapixel phone photo passes; a decompression bomb does not
MAX_PIXELS_LOSSLESS = 40_000_000  # PNG and WebP must be unpacked whole
LONGEST_SIDE_PIXELS = 4096
THUMBNAIL_SIDE_PIXELS = 480
JPEG_QUALITY = 88
THUMBNAIL_QUALITY = 70
GPS_TAG = 0x8825
TIFF_TYPE_BYTES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}

Image.MAX_IMAGE_PIXELS = MAX_PIXELS

EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/heic": "heic",
    "application/pdf": "pdf",
}
DECODED = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}


class FileRefused(Exception):
    """The file can't be taken. `reason` is empty, too_large, type, damaged or virus."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def content_type_of(data: bytes) -> str:
    """Return the type found in the bytes; raises FileRefused("type") for all that is not accepted."""
    if data[4:12] in {b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypheim", b"ftyphevc"}:
        return "image/heic"
    kind = filetype.guess(data)
    if kind is None or kind.mime not in EXTENSIONS:
        raise FileRefused("type")
    return str(kind.mime)


def is_image(data: bytes) -> bool:
    """True when the bytes begin like a picture; nothing is decoded yet."""
    return bool(filetype.is_image(data[:512]))


def clean(data: bytes, content_type: str) -> tuple[bytes, bytes | None]:
    """Return the cleaned bytes and a JPEG thumbnail (None for documents)."""
    if content_type in DECODED:
        return _clean_image(data, content_type)
    if content_type == "application/pdf" and b"%%EOF" not in data:
        raise FileRefused("damaged")
    if content_type == "image/heic":
        return blank_gps(data), None
    return data, None


def _clean_image(data: bytes, content_type: str) -> tuple[bytes, bytes]:
    try:
        with Image.open(io.BytesIO(data), formats=[DECODED[content_type]]) as image:
            lossless = content_type != "image/jpeg"
            if image.width * image.height > (MAX_PIXELS_LOSSLESS if lossless else MAX_PIXELS):
                raise FileRefused("too_large")
            if not lossless:  # decode a huge photo at half or quarter size, not in full
                image.draft("RGB", (LONGEST_SIDE_PIXELS, LONGEST_SIDE_PIXELS))
            image.load()
            upright = ImageOps.exif_transpose(image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise FileRefused("too_large") from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, struct.error, EOFError) as error:
        raise FileRefused("damaged") from error
    keep_alpha = lossless and upright.has_transparency_data
    plain = upright.convert("RGBA" if keep_alpha else "RGB")
    plain.thumbnail((LONGEST_SIDE_PIXELS, LONGEST_SIDE_PIXELS))
    return _write(plain, DECODED[content_type], JPEG_QUALITY), _thumbnail(plain)


def _thumbnail(image: Image.Image) -> bytes:
    small = image.copy()
    small.thumbnail((THUMBNAIL_SIDE_PIXELS, THUMBNAIL_SIDE_PIXELS))
    if small.mode == "RGBA":
        ground = Image.new("RGB", small.size, "white")
        ground.paste(small, mask=small.getchannel("A"))
        small = ground
    return _write(small, "JPEG", THUMBNAIL_QUALITY)


def _write(image: Image.Image, form: str, quality: int) -> bytes:
    image.info.clear()  # Pillow would carry comments, EXIF and XMP over from here
    out = io.BytesIO()
    options = {"optimize": True} if form == "PNG" else {"quality": quality}
    image.save(out, form, **options)
    return out.getvalue()


def blank_gps(data: bytes) -> bytes:
    """Return a HEIC file with the GPS values of its EXIF block zeroed; sizes and offsets stay as they are."""
    blanked = bytearray(data)
    start = 0
    while (marker := data.find(b"Exif\x00\x00", start)) >= 0:
        start = marker + 6
        try:
            _blank_gps_of(blanked, start)
        except (struct.error, IndexError):
            continue  # the six bytes were not the head of an EXIF block
    return bytes(blanked)


def _blank_gps_of(data: bytearray, tiff: int) -> None:
    order = {b"II": "<", b"MM": ">"}.get(bytes(data[tiff : tiff + 2]))
    if order is None:
        return
    (first,) = struct.unpack_from(f"{order}I", data, tiff + 4)
    for tag, _, _, place in _entries(data, tiff, tiff + first, order):
        if tag == GPS_TAG:
            (gps,) = struct.unpack_from(f"{order}I", data, place)
            for _, kind, count, value in _entries(data, tiff, tiff + gps, order):
                length = TIFF_TYPE_BYTES.get(kind, 1) * count
                if value + length <= len(data):
                    data[value : value + length] = bytes(length)


def _entries(data: bytearray, tiff: int, directory: int, order: str) -> list[tuple[int, int, int, int]]:
    """Return (tag, type, count, position of the value) of every entry of one TIFF directory."""
    (size,) = struct.unpack_from(f"{order}H", data, directory)
    found = []
    for index in range(min(size, 256)):
        entry = directory + 2 + index * 12
        tag, kind, count, offset = struct.unpack_from(f"{order}HHII", data, entry)
        inline = TIFF_TYPE_BYTES.get(kind, 1) * count <= 4
        found.append((tag, kind, count, entry + 8 if inline or tag == GPS_TAG else tiff + offset))
    return found
