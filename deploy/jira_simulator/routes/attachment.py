"""Attachments: Cloud redirects to a signed media URL on another host, Data Center streams them itself."""

import base64
import hashlib
import hmac
import re
import secrets
import time
from urllib.parse import quote, urlencode

import orjson

from deploy.jira_simulator.accounts import WORK
from deploy.jira_simulator.data.content import media_uuid, stream
from deploy.jira_simulator.data.files import attachment_json
from deploy.jira_simulator.data.model import File
from deploy.jira_simulator.errors import Refused, messages
from deploy.jira_simulator.http import Answer, Call, Endpoint, get, json
from deploy.jira_simulator.observed import observed

_SECRET = secrets.token_bytes(16)
_LIFETIME = 600
_RANGE = re.compile(r"bytes=(\d*)-(\d*)$")
_ID = "/attachment/{id}"


def meta(call: Call) -> Answer:
    file = _file(call)
    shown = attachment_json(file, call.shape.api, call.shape.root, cloud=call.shape.cloud)
    return json({**shown, "id": file.id})


def content(call: Call) -> Answer:
    file = _file(call)
    if call.text("redirect", "true").lower() == "false":
        return _bytes(call, file)
    return Answer(303, headers={"location": _media_url(call, file)})


def media(call: Call) -> Answer:
    """The media host knows nothing of Jira's logins, and refuses to be told about them."""
    if "authorization" in call.headers or "cookie" in call.headers:
        raise Refused(400, {"error": {"code": "BadRequest", "title": "Only one auth mechanism allowed"}})
    attachment = _verified(call.text("token"))
    file = None if attachment is None else call.world.site.data.file(attachment)
    if file is None or media_uuid(file.id) != call.params["uuid"]:
        raise Refused(
            403, {"error": {"code": "JwtAuthoriser:AuthorizationError", "title": "Token is not valid"}}
        )
    return _bytes(call, file)


def secure(call: Call) -> Answer:
    if not call.login.known:
        raise observed("dc-attachment-login")
    return _bytes(call, _file(call))


def _file(call: Call) -> File:
    text = call.params["id"]
    file = call.world.site.data.file(int(text)) if text.isdigit() else None
    if file is None or call.world.site.place(file.issue) not in call.visible:
        raise messages(404, f"The attachment with id '{text}' does not exist")
    return file


def _bytes(call: Call, file: File) -> Answer:
    headers = {
        "content-type": file.mime,
        "accept-ranges": "bytes",
        "content-disposition": f"attachment; filename*=UTF-8''{quote(file.name)}",
    }
    start, stop = 0, file.size
    wanted = _RANGE.match(call.headers.get("range", ""))
    if wanted and wanted.groups() != ("", ""):
        start, stop = _span(wanted[1], wanted[2], file.size)
        headers["content-range"] = f"bytes {start}-{stop - 1}/{file.size}"
    headers["content-length"] = str(stop - start)
    return Answer(206 if wanted else 200, headers=headers, stream=stream(file.id, start, stop))


def _span(first: str, last: str, size: int) -> tuple[int, int]:
    if not first:
        start, stop = max(0, size - int(last)), size
    else:
        start, stop = int(first), min(size, int(last) + 1) if last else size
    if start >= stop:
        raise Refused(416, "", {"content-range": f"bytes */{size}"})
    return start, stop


def _media_url(call: Call, file: File) -> str:
    claims = base64.urlsafe_b64encode(
        orjson.dumps({"file": file.id, "exp": int(time.time()) + _LIFETIME})
    ).decode()
    token = f"{claims}.{_signature(claims)}"
    given = {
        "token": token,
        "client": "5f1c0a2e-0000-4000-8000-000000000000",
        "dl": "true",
        "name": file.name,
    }
    return f"{call.world.media}/media/file/{media_uuid(file.id)}/binary?{urlencode(given)}"


def _verified(token: str) -> int | None:
    claims, _, signature = token.partition(".")
    if not hmac.compare_digest(signature, _signature(claims)):
        return None
    given = orjson.loads(base64.urlsafe_b64decode(claims))
    return int(given["file"]) if given["exp"] > time.time() else None


def _signature(claims: str) -> str:
    return hmac.new(_SECRET, claims.encode(), hashlib.sha256).hexdigest()


_SCOPE = frozenset({WORK})
CLOUD: tuple[Endpoint, ...] = (
    get("/rest/api/3/attachment/content/{id}", content, "redirect", scopes=_SCOPE),
    get(f"/rest/api/3{_ID}", meta, scopes=_SCOPE),
)
MEDIA: tuple[Endpoint, ...] = (get("/media/file/{uuid}/binary", media, "token client dl name max-age"),)
DATACENTER: tuple[Endpoint, ...] = (get(f"/rest/api/2{_ID}", meta),)
SECURE: tuple[Endpoint, ...] = (get("/secure/attachment/{id}/{name}", secure),)
