"""A generated client makes figures: make_figure.py URL PHOTO.jpg, with the API key on standard input."""

import base64
import io
import sys

from figurine_client.api.figures import create_figure, read_figure, read_image, read_receipt
from figurine_client.api.uploads import create_upload
from figurine_client.client import AuthenticatedClient
from figurine_client.models import Figure, FigureForm, FigureRequest, FigureRequestImage, Problem, Upload
from figurine_client.types import UNSET, File

url, photo_path = sys.argv[1:3]
photo = open(photo_path, "rb").read()
client = AuthenticatedClient(base_url=url, token=sys.stdin.read().strip(), timeout=60.0)


def file():
    return File(payload=io.BytesIO(photo), file_name="photo.jpg", mime_type="image/jpeg")


upload = create_upload.sync(client=client, body=file())
assert isinstance(upload, Upload), upload
form = FigureForm(image=file(), style="anime", enhance=False)
ways = [file(), form]
for image in (FigureRequestImage(data=base64.b64encode(photo).decode()), FigureRequestImage(upload_id=upload.id)):
    ways.append(FigureRequest(image=image, style="anime"))
for body in ways:
    figure = create_figure.sync(client=client, body=body, style="anime" if isinstance(body, File) else UNSET)
    assert isinstance(figure, Figure) and figure.status == "succeeded", figure
    assert figure.options.style == "anime", figure.options
    assert read_figure.sync(figure.id, client=client).to_dict() == figure.to_dict()
    image = read_image.sync(figure.id, 0, client=client)
    assert isinstance(image, File) and image.payload.read(8) == b"\x89PNG\r\n\x1a\n"
    assert read_receipt.sync(figure.id, client=client).count(".") == 2
problem = create_figure.sync(client=client, body=File(payload=io.BytesIO(b"no photo")))
assert isinstance(problem, Problem) and problem.status == 415, problem
print(f"openapi-python-client: {len(ways)} figures")
