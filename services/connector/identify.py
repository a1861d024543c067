"""Which product answers at an address, before any credential is sent there."""

from dataclasses import dataclass
from typing import Any, Final

import httpx

from services.connector.diagnosis.refusals import Refusal
from services.connector.diagnosis.translate import refusal_for
from shared.errors import PermanentError, TransientError
from shared.jira import answers
from shared.jira.client import JiraClient
from shared.jira.endpoints import SERVER_INFO
from shared.kinds import Deployment

# A Data Center in private mode shows serverInfo to nobody who is not logged in.
_PRIVATE: Final = frozenset({301, 302, 303, 307, 401, 403})


@dataclass(frozen=True, slots=True)
class Server:
    """What serverInfo says."""

    deployment: Deployment
    base_url: str
    title: str


async def identify(client: JiraClient, *, site: str, may_be_private: bool) -> Server | None:
    """Ask serverInfo; None from a site that may be private and tells this caller nothing."""
    response = await client.ask_once(SERVER_INFO)
    if may_be_private and response.status_code in _PRIVATE:
        return None
    return read_server_info(response, site=site)


def read_server_info(response: httpx.Response, *, site: str) -> Server:
    """Return the product; raises a Refusal for anything that is no Jira."""
    named = {"site": site, "account": "anybody"}
    try:
        info = answers.parse(response, endpoint=str(SERVER_INFO))
    except (PermanentError, TransientError) as error:
        refusal = refusal_for(error, named)
        if refusal.code in ("jira_refused", "forbidden"):  # 400, 401, 403, 404: not Jira's route at all
            raise Refusal("not_jira", named, status=response.status_code) from error
        raise refusal from error
    if not isinstance(info, dict) or not ("deploymentType" in info or "versionNumbers" in info):
        raise Refusal("not_jira", named, status=response.status_code, endpoint=str(SERVER_INFO))
    return Server(
        deployment=_deployment(info),
        base_url=str(info.get("baseUrl") or ""),
        title=str(info.get("serverTitle") or ""),
    )


def _deployment(info: dict[str, Any]) -> Deployment:
    """Old servers have no deploymentType; a host name says nothing, since Cloud sites may have any."""
    return Deployment.CLOUD if info.get("deploymentType") == "Cloud" else Deployment.DATA_CENTER
