"""Projects of a connection, and the asset lists that stay empty."""

from typing import Annotated

from fastapi import APIRouter, Query

from services.connector.analyze import analyze
from services.connector.api.responses import PREFIX, errors
from services.connector.context import Context, Ctx
from services.connector.problems import not_found, required
from services.connector.schemas.projects import AnalyzeAnswer, AnalyzeRequest, ProjectAnswer
from shared.state.connections import Connection

router = APIRouter(prefix=PREFIX, tags=["projects"])


@router.get("/projects", responses=errors(404, 422))
async def list_projects(
    context: Ctx, connection_id: str = "", open_issues_only: str = "false"
) -> list[ProjectAnswer]:
    """List the projects that a connection sees, with the number of their issues."""
    if not connection_id:
        raise required("connection_id is required")
    connection = await _find_connection(connection_id, context)
    projects = await context.projects.of(connection, open_issues_only=open_issues_only == "true")
    await context.state.connections.touch(connection.id)
    return projects


@router.post("/analyze", responses=errors(404, 422))
async def analyze_projects(request: AnalyzeRequest, context: Ctx) -> AnalyzeAnswer:
    """Tell what an import of some projects would bring."""
    if not (request.connection_id and request.project_keys):
        raise required("connection_id and project_keys are required")
    connection = await _find_connection(request.connection_id, context)
    return await analyze(request, connection, context)


@router.get("/assets", responses=errors())
async def list_assets(connection_id: Annotated[str, Query()] = "") -> list[dict[str, str]]:
    """List asset schemas: none, since assets are not imported."""
    return []


@router.get("/assets/{schema_id}/types", responses=errors())
async def list_asset_types(
    schema_id: str, connection_id: Annotated[str, Query()] = ""
) -> list[dict[str, str]]:
    """List the types of an asset schema: none, since assets are not imported."""
    return []


async def _find_connection(connection_id: str, context: Context) -> Connection:
    connection = await context.state.connections.get(connection_id)
    if connection is None:
        raise not_found("connection")
    return connection
