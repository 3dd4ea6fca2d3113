"""The bytes of a body, decompressed within the limit."""

import zlib

from fastapi import Request

from services.api.problems import TooLarge, Unsupported
from shared.errors import Malformed


async def read_body(request: Request, most: int) -> bytes:
    """The body, at most `most` bytes also after gzip. The edge has bounded what arrives."""
    body = await request.body()
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding == "identity":
        return body
    if encoding != "gzip":
        raise Unsupported(f"The content encoding {encoding!r} is not read here.", "Send gzip or none.")
    return gunzip(body, most)


def gunzip(body: bytes, most: int) -> bytes:
    """The decompressed bytes. Raises TooLarge before more than `most` are held, Malformed if it is not gzip."""
    stream = zlib.decompressobj(wbits=31)
    try:
        plain = stream.decompress(body, most + 1)
    except zlib.error as error:
        raise Malformed("The body is not gzip.", "Leave Content-Encoding out, or compress the body.") from error
    if len(plain) > most:
        raise TooLarge(f"The body is larger than {most} bytes once decompressed.", "Send it in several requests.")
    if not stream.eof or stream.unused_data:
        raise Malformed("The gzip stream ends too early or goes on too long.", "Send one whole gzip stream.")
    return plain
