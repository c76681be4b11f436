"""google-genai against a running simulator: google_genai.py BASE_URL PHOTO.jpg FOLDER_OF_KEPT_BODIES"""

import io
import json
import pathlib
import sys
import urllib.request

from google import genai
from google.genai import errors, types
from pydantic import BaseModel

base_url, photo_path, kept = sys.argv[1:4]
photo = open(photo_path, "rb").read()
picture = types.Part.from_bytes(data=photo, mime_type="image/jpeg")

IMAGE, TEXT = "gemini-3-pro-image", "gemini-3.8-flash"


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


IMAGE_CONFIG = types.GenerateContentConfig(
    response_modalities=["TEXT", "IMAGE"],
    image_config=types.ImageConfig(aspect_ratio="3:4", image_size="1K"),
    thinking_config=types.ThinkingConfig(include_thoughts=True),
    safety_settings=[
        types.SafetySetting(category="HARM_CATEGORY_HARASSMENT", threshold="BLOCK_MEDIUM_AND_ABOVE"),
    ],
    seed=7,
)


def figure(gemini):
    return gemini.models.generate_content(model=IMAGE, contents=["A figure of it", picture], config=IMAGE_CONFIG)


def images_of(answer):
    return [part.inline_data for part in answer.parts or [] if part.inline_data]


def failure(call, *arguments, **named):
    try:
        call(*arguments, **named)
    except errors.APIError as error:
        return error
    raise AssertionError("it did not fail")


def images(gemini):
    play()
    answer = figure(gemini)
    assert len(images_of(answer)) == 1 and images_of(answer)[0].data.startswith(b"\x89PNG")
    assert answer.usage_metadata.total_token_count > 1_000 and answer.model_version == IMAGE
    assert answer.text and "Planning" not in answer.text, "thoughts are no answer"
    play("interim_images")
    assert len(images_of(figure(gemini))) == 3
    play("only_thought_image")
    assert len(images_of(figure(gemini))) == 1


def structured(gemini):
    play()
    ways = [{"response_schema": Analysis}, {"response_json_schema": Analysis.model_json_schema()}]
    for way in ways:
        config = types.GenerateContentConfig(
            response_mime_type="application/json", system_instruction="Describe photos.", **way
        )
        answer = gemini.models.generate_content(model=TEXT, contents=["Describe", picture], config=config)
        assert Analysis.model_validate_json(answer.text).count >= 0, answer.text
    config = types.GenerateContentConfig(response_mime_type="application/json", response_schema=Analysis)
    answer = gemini.models.generate_content(model=TEXT, contents=["Describe", picture], config=config)
    assert isinstance(answer.parsed, Analysis)


def streaming(gemini):
    play()
    assert "".join(chunk.text for chunk in gemini.models.generate_content_stream(model=TEXT, contents="Hello"))
    chunks = gemini.models.generate_content_stream(model=IMAGE, contents=["A figure", picture], config=IMAGE_CONFIG)
    assert sum(len(images_of(chunk)) for chunk in chunks) == 1


def models(gemini, version):
    names = [model.name for model in gemini.models.list()]
    assert "models/gemini-3-pro-image" in names
    assert ("models/gemini-flash-latest" in names) == (version == "v1beta"), "aliases are in the beta alone"
    pages = gemini.models.list(config={"page_size": 2})
    assert pages.page_size == 2 and len(pages.page) == 2, "a page is as long as was asked"
    assert [model.name for model in pages] == names, "the pages together are the list"
    assert failure(gemini.models.list, config={"page_size": -1}).status == "INVALID_ARGUMENT"
    error = failure(gemini.models.list, config={"page_token": "?"})
    assert error.code == 400 and "token" in error.message
    model = gemini.models.get(model=IMAGE)
    assert model.name == "models/gemini-3-pro-image" and model.input_token_limit > 0
    assert failure(gemini.models.get, model="gemini-3-pro-image-preview").code == 404


def files(gemini):
    play()
    file = gemini.files.upload(file=io.BytesIO(photo), config=types.UploadFileConfig(mime_type="image/jpeg"))
    assert gemini.models.generate_content(model=TEXT, contents=["Describe", file]).text
    gemini.files.delete(name=file.name)


def refusals(gemini):
    for reason in ("PROHIBITED_CONTENT", "SAFETY", "BLOCKLIST"):
        play({"blocked_input": {"reason": reason}})
        answer = figure(gemini)
        assert answer.prompt_feedback.block_reason == reason and not answer.candidates
    for reason in ("IMAGE_SAFETY", "NO_IMAGE", "NEVER_SEEN"):
        play({"blocked_output": {"reason": reason}})
        answer = figure(gemini)
        assert answer.candidates[0].finish_reason == reason and not images_of(answer)


def failures(gemini, version):
    acts = [("overloaded", 503), ("bad_gateway", 502), ("quota_zero", 429), ("internal", 500), ("deadline_expired", 504)]
    for act, code in acts:
        play(act)
        error = failure(figure, gemini)
        assert error.code == code, act
        assert isinstance(error, errors.ServerError if code >= 500 else errors.ClientError)
    play({"rate_limited": {"retry_delay_seconds": 1.5}})
    error = failure(figure, gemini)
    assert error.status == "RESOURCE_EXHAUSTED" and "1.5s" in str(error.details)
    play()
    error = failure(gemini.models.count_tokens, model=TEXT, contents="Hello")
    assert (error.code, error.status) == (404, "NOT_FOUND"), "what is not served is told in the envelope"
    error = failure(figure, client(version, key="invalid"))
    assert error.code == 400 and "API_KEY_INVALID" in str(error.details)


def sent():
    """What Google's clients send: both spellings in one body, and base64 in the alphabet for URLs."""
    bodies = [path.read_text() for path in pathlib.Path(kept).glob("*.json")]
    assert any('"inlineData"' in body and '"mime_type"' in body for body in bodies), "no body mixes the spellings"
    data = [part for body in bodies for part in body.split('"data": "' if '"data": "' in body else '"data":"')[1:]]
    base64 = [part.split('"')[0] for part in data]
    assert any("-" in text or "_" in text for text in base64), "no base64 is for URLs"


for version in ("v1", "v1beta"):
    gemini = client(version)
    images(gemini)
    structured(gemini)
    streaming(gemini)
    models(gemini, version)
    files(gemini)
    refusals(gemini)
    failures(gemini, version)
sent()
print(f"google-genai {genai.__version__}: all answers understood")
