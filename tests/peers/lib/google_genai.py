"""google-genai against a running simulator: google_genai.py BASE_URL PHOTO.jpg"""

import io
import json
import sys
import urllib.request

from google import genai
from google.genai import errors, types
from pydantic import BaseModel

base_url, photo_path = sys.argv[1:3]
photo = open(photo_path, "rb").read()
picture = types.Part.from_bytes(data=photo, mime_type="image/jpeg")


class Analysis(BaseModel):
    subject: str
    count: int
    palette: list[str]


def play(*acts):
    body = json.dumps([{"do": act} for act in acts]).encode()
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(base_url + "/__scenario", data=body, method="PUT", headers=headers)
    urllib.request.urlopen(request)


def client(version, key="x"):
    options = types.HttpOptions(base_url=base_url, api_version=version, timeout=60_000)
    return genai.Client(api_key=key, http_options=options)


def figure(gemini):
    config = types.GenerateContentConfig(
        response_modalities=["TEXT", "IMAGE"],
        image_config=types.ImageConfig(aspect_ratio="3:4", image_size="1K"),
        thinking_config=types.ThinkingConfig(include_thoughts=True),
    )
    return gemini.models.generate_content(
        model="gemini-3-pro-image", contents=["A figure of it", picture], config=config
    )


def code_of(gemini):
    try:
        figure(gemini)
    except errors.APIError as error:
        return error.code
    return 200


for version in ("v1", "v1beta"):
    gemini = client(version)
    play()
    images = [part.inline_data for part in figure(gemini).parts if part.inline_data]
    assert len(images) == 1 and images[0].data.startswith(b"\x89PNG")
    config = types.GenerateContentConfig(response_mime_type="application/json", response_schema=Analysis)
    answer = gemini.models.generate_content(model="gemini-3.8-flash", contents=["Describe", picture], config=config)
    assert isinstance(answer.parsed, Analysis) and answer.parsed.count >= 0
    stream = gemini.models.generate_content_stream(model="gemini-3.8-flash", contents="Hello")
    assert "".join(chunk.text for chunk in stream)
    assert "models/gemini-3-pro-image" in [model.name for model in gemini.models.list()]
    upload = types.UploadFileConfig(mime_type="image/jpeg")
    file = gemini.files.upload(file=io.BytesIO(photo), config=upload)
    assert gemini.models.generate_content(model="gemini-3.8-flash", contents=["Describe", file]).text
    gemini.files.delete(name=file.name)
    for act, code in [("overloaded", 503), ("bad_gateway", 502), ("quota_zero", 429), ("internal", 500)]:
        play(act)
        assert code_of(gemini) == code, act
    play({"blocked_input": {"reason": "PROHIBITED_CONTENT"}})
    assert figure(gemini).prompt_feedback.block_reason == "PROHIBITED_CONTENT"
    play({"blocked_output": {"reason": "NEVER_SEEN"}}, "interim_images")
    assert figure(gemini).candidates[0].finish_reason == "NEVER_SEEN"
    assert len([part for part in figure(gemini).parts if part.inline_data]) == 3
    wrong = client(version, key="invalid")
    assert code_of(wrong) == 400
print("google-genai: all answers understood")
