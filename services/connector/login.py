"""Finding out how a credential logs in: at the site, at Atlassian's gateway, as a token or as a password."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from services.connector.diagnosis.refusals import Refusal
from services.connector.diagnosis.translate import refusal_for, told_by_jira
from services.connector.jira_access import JiraAccess
from shared.errors import PermanentError, TransientError
from shared.jira.client import JiraClient
from shared.jira.credentials import Credential
from shared.jira.endpoints import MYSELF, TENANT_INFO
from shared.jira.errors import JiraCaptchaError, JiraError, JiraForbiddenError, JiraLoginError, JiraScopeError
from shared.kinds import Deployment, TokenKind

# What the gateway says of a token without read:me; of a bad token it says just "Unauthorized".
_NO_READ_ME: Final = "Client must be authenticated"
# A personal access token of Data Center is `<12 digits>:<random bytes>` in base64.
_PAT: Final = re.compile(rb"\d{10,14}:")


@dataclass(frozen=True, slots=True)
class Login:
    """A credential that works, and where requests go with it from now on."""

    credential: Credential
    base_url: str
    account: Mapping[str, Any]
    cloud_id: str = ""


async def log_in(access: JiraAccess, site: str, deployment: Deployment, *, email: str, token: str) -> Login:
    """Return the login that works; raises a Refusal that says why none does."""
    named = {"site": site, "account": email or "this token"}
    if deployment is Deployment.CLOUD:
        return await _log_in_to_cloud(access, site, email, token, named)
    return await _log_in_to_data_center(access, site, email, token, named)


async def _log_in_to_cloud(
    access: JiraAccess, site: str, email: str, token: str, named: dict[str, str]
) -> Login:
    """At the site first; a token with scopes is a 401 there and works at the gateway only."""
    unscoped = Credential(TokenKind.UNSCOPED, email, token)
    try:
        async with access.at(site, Deployment.CLOUD, unscoped) as client:
            return Login(unscoped, site, await _myself(client))
    except JiraCaptchaError as error:
        raise told_by_jira("captcha", error, named) from error
    except JiraLoginError as error:
        refused_at_site = error
    except (PermanentError, TransientError) as error:
        raise refusal_for(error, named) from error
    cloud_id = await _cloud_id(access, site)
    if not cloud_id:
        raise told_by_jira("gateway_unknown_site", refused_at_site, named)
    try:
        return await _log_in_to_gateway(access, cloud_id, email, token)
    except JiraLoginError as error:
        raise _refused_by_both(refused_at_site, error, token, named) from error
    except (PermanentError, TransientError) as error:
        raise refusal_for(error, {**named, "site": access.gateway_url}) from error


async def _log_in_to_gateway(access: JiraAccess, cloud_id: str, email: str, token: str) -> Login:
    """As Basic, which Atlassian documents; a token that is unknown so may be a service account's (Bearer)."""
    gateway = f"{access.gateway_url}/ex/jira/{cloud_id}"

    async def as_(kind: TokenKind) -> Login:
        credential = Credential(kind, email, token)
        async with access.at(gateway, Deployment.CLOUD, credential) as client:
            return Login(credential, gateway, await _myself(client), cloud_id)

    try:
        return await as_(TokenKind.SCOPED)
    except JiraLoginError as error:
        if _is_known(error):
            raise
        refused = error
    try:
        return await as_(TokenKind.SERVICE)
    except JiraError as error:  # a 404 was seen too
        if isinstance(error, JiraLoginError) and _is_known(error):
            raise
        raise refused from error


def _is_known(refused: JiraLoginError) -> bool:
    """Tell whether the gateway knows a token that it refuses: it just lacks a scope."""
    return isinstance(refused, JiraScopeError) or _NO_READ_ME in refused.jira_message


def _refused_by_both(
    at_site: JiraLoginError, at_gateway: JiraLoginError, token: str, named: dict[str, str]
) -> Refusal:
    if isinstance(at_gateway, JiraScopeError):
        return told_by_jira("scope_missing_read_jira_user", at_gateway, named)
    if _is_known(at_gateway):
        return told_by_jira("scope_missing_read_me", at_gateway, named)
    code = "pat_on_cloud" if looks_like_pat(token) else "cloud_token_refused"
    return told_by_jira(code, at_site, named)


async def _cloud_id(access: JiraAccess, site: str) -> str:
    """Return the id under which the gateway knows a site; empty when the site does not tell."""
    try:
        async with access.at(site, Deployment.CLOUD) as anonymous:
            found = await anonymous.get(TENANT_INFO)
    except (PermanentError, TransientError):
        return ""
    return str(found.get("cloudId") or "") if isinstance(found, dict) else ""


async def _log_in_to_data_center(
    access: JiraAccess, site: str, email: str, token: str, named: dict[str, str]
) -> Login:
    """As a personal access token first; as a password only once, since wrong ones lock the account."""
    pat = Credential(TokenKind.PAT, email, token)
    try:
        async with access.at(site, Deployment.DATA_CENTER, pat) as client:
            return Login(pat, site, await _myself(client))
    except (JiraLoginError, JiraForbiddenError) as error:
        if isinstance(error, JiraCaptchaError):
            raise told_by_jira("captcha", error, named) from error
        refused_token: JiraError = error
    except (PermanentError, TransientError) as error:
        raise refusal_for(error, named) from error
    if not email or looks_like_pat(token):
        raise _pat_refused(refused_token, named)
    basic = Credential(TokenKind.BASIC, email, token)
    try:
        async with access.at(site, Deployment.DATA_CENTER, basic) as client:
            return Login(basic, site, await _myself(client))
    except JiraCaptchaError as error:
        raise told_by_jira("captcha", error, named) from error
    except JiraLoginError as error:
        raise told_by_jira("basic_refused", refused_token, named) from error
    except (PermanentError, TransientError) as error:
        raise refusal_for(error, named) from error


def _pat_refused(error: JiraError, named: dict[str, str]) -> Refusal:
    if isinstance(error, JiraForbiddenError):
        return refusal_for(error, named)
    return told_by_jira("pat_refused", error, named)


async def _myself(client: JiraClient) -> Mapping[str, Any]:
    """Ask who we are; the client asks again after a trouble of Jira's own, and never after a refusal."""
    account = await client.get(MYSELF)
    return account if isinstance(account, dict) else {}


def looks_like_pat(token: str) -> bool:
    """Tell a personal access token of Data Center by its form."""
    try:
        return bool(_PAT.match(base64.b64decode(token, validate=True)))
    except (binascii.Error, ValueError):
        return False
