"""Takes photos in with Pillow: a path on each line in; CPU and wall milliseconds and the length of the JPEG out.

With two paths as arguments it writes the first photo anew as the second one's name says."""
import io
import sys
import time

from PIL import Image, ImageOps

try:
    from pillow_heif import register_heif_opener

    register_heif_opener()
except ImportError:
    pass


def take_in(file):
    image = Image.open(io.BytesIO(file))
    if image.format == "JPEG":
        image.draft("RGB", (1536, 1536))
    image = ImageOps.exif_transpose(image).convert("RGB")
    image.thumbnail((1536, 1536), Image.Resampling.BICUBIC)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=90)
    return out.tell()


if len(sys.argv) > 2:
    photo = Image.open(sys.argv[1])
    photo.save(sys.argv[2], quality=80)
    sys.exit()
for line in sys.stdin:
    with open(line.strip(), "rb") as opened:
        file = opened.read()
    cpu, wall = time.process_time(), time.perf_counter()
    length = take_in(file)
    print((time.process_time() - cpu) * 1e3, (time.perf_counter() - wall) * 1e3, length, flush=True)
