"""Testing, listing, renewing and deleting connections."""

from fastapi import APIRouter

from services.connector.api.responses import PREFIX, errors
from services.connector.connect import connect
from services.connector.context import Ctx
from services.connector.problems import not_found, required
from services.connector.renew import renew
from services.connector.schemas.connections import (
    ConnectAnswer,
    ConnectionAnswer,
    ConnectRequest,
    RenewAnswer,
    RenewRequest,
)
from shared.kinds import Deployment

router = APIRouter(prefix=PREFIX, tags=["connections"])


@router.post("/connect", responses=errors(422))
async def test_connection(request: ConnectRequest, context: Ctx) -> ConnectAnswer:
    """Test a connection to Jira and save it. A user name is needed only on Cloud."""
    email_needed = request.deployment is Deployment.CLOUD
    if not (request.instance_url and request.api_token and (request.email or not email_needed)):
        raise required("instance_url, email, and api_token are required")
    return await connect(
        request, access=context.access, connections=context.state.connections, metrics=context.metrics
    )


@router.get("/connections", responses=errors())
async def list_connections(context: Ctx) -> list[ConnectionAnswer]:
    """List the saved connections, newest first."""
    saved = await context.state.connections.all()
    return [
        ConnectionAnswer(
            id=connection.id,
            instance_url=connection.instance_url,
            email=connection.email,
            instance_name=connection.instance_name,
            deployment_type=connection.deployment,
            created_at=connection.created_at,
            last_used_at=connection.last_used_at,
        )
        for connection in reversed(saved)
    ]


@router.put("/connections/{connection_id}", responses=errors(404, 422))
async def renew_connection(connection_id: str, request: RenewRequest, context: Ctx) -> RenewAnswer:
    """Test a new credential and save it; jobs that are paused for want of one go on where they were."""
    if not request.api_token:
        raise required("api_token is required")
    connection = await context.state.connections.get(connection_id)
    if connection is None:
        raise not_found("connection")
    return await renew(connection, request, context)


@router.delete("/connections/{connection_id}", status_code=204, responses=errors(404))
async def delete_connection(connection_id: str, context: Ctx) -> None:
    """Delete a connection with its credential; its jobs stay in the history."""
    context.projects.forget(connection_id)
    if not await context.state.connections.delete(connection_id):
        raise not_found("connection")
