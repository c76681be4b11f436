"""A receipt is good by the published keys: verify_receipt.py URL PHOTO.jpg, with the API key on standard input."""

import base64
import hashlib
import hmac
import json
import sys

import requests
from joserfc import jws
from joserfc.errors import BadSignatureError
from joserfc.jwk import KeySet

url, photo_path = sys.argv[1:3]
photo = open(photo_path, "rb").read()
session = requests.Session()
session.headers["Authorization"] = "Bearer " + sys.stdin.read().strip()


def get(path):
    answer = session.get(url + path, timeout=60)
    answer.raise_for_status()
    return answer


figure = session.post(url + "/v1/figures", data=photo, timeout=60).json()
receipt = get(f"/v1/figures/{figure['id']}/receipt").text
keys = KeySet.import_key_set(requests.get(url + "/.well-known/jwks.json", timeout=60).json())
verified = jws.deserialize_compact(receipt, keys, algorithms=["EdDSA", "Ed25519"])
assert verified.headers()["typ"] == "figurine-receipt+jwt", verified.headers()
claims = json.loads(verified.payload)
salt = base64.urlsafe_b64decode(figure["upload"]["commitment_salt"] + "=")
received = hmac.new(salt, photo, hashlib.sha256).digest()
assert claims["commitments"]["received"] == base64.urlsafe_b64encode(received).decode().rstrip("="), claims

head, payload, signature = receipt.split(".")
for changed in (
    f"{head}.{payload[:-2]}AA.{signature}",
    f"{head}.{payload}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}",
):
    try:
        jws.deserialize_compact(changed, keys, algorithms=["EdDSA", "Ed25519"])
    except BadSignatureError:
        continue
    raise AssertionError("a changed receipt was taken for good")
print("jose: the receipt is good and speaks of the photo")
