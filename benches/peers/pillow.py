"""Takes photos in with Pillow: a path on each line in; CPU and wall milliseconds and the length of the JPEG out."""
import io
import sys
import time

from PIL import Image, ImageOps

for line in sys.stdin:
    with open(line.strip(), "rb") as opened:
        file = opened.read()
    cpu, wall = time.process_time(), time.perf_counter()
    image = Image.open(io.BytesIO(file))
    if image.format == "JPEG":
        image.draft("RGB", (1536, 1536))
    image = ImageOps.exif_transpose(image).convert("RGB")
    image.thumbnail((1536, 1536), Image.Resampling.BICUBIC)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=90)
    print((time.process_time() - cpu) * 1e3, (time.perf_counter() - wall) * 1e3, out.tell(), flush=True)
