"""A new credential for a saved connection, and for the imports that wait for one."""

from services.connector.connect import Tested, examine
from services.connector.context import Context
from services.connector.diagnosis.refusals import Refusal
from services.connector.schemas.connections import Notice, RenewAnswer, RenewRequest
from services.connector.steer import resume
from shared.logging import get_logger
from shared.state.connections import Connection

log = get_logger("connector")


async def renew(connection: Connection, request: RenewRequest, context: Context) -> RenewAnswer:
    """Test a credential as `connect` does, save it in place of the old one, let paused imports go on.

    Raises a Refusal, and changes nothing, for one that does not work or belongs to another site.
    """
    tested = await examine(
        request.instance_url or connection.instance_url,
        connection.deployment,
        email=request.email or connection.email,
        token=request.api_token,
        access=context.access,
        metrics=context.metrics,
    )
    renewed = tested.connection(context.access.vault, id_=connection.id, created_at=connection.created_at)
    if renewed.site != connection.site:
        named = {"site": tested.site, "account": renewed.email, "target": connection.instance_url}
        raise Refusal("other_site", named, status=200)
    await context.state.connections.replace(renewed)
    context.projects.forget(connection.id)
    log.info(
        "connection_renewed", connection_id=connection.id, account_changed=_is_another(connection, renewed)
    )
    return RenewAnswer(
        connection_id=connection.id,
        instance_info=tested.info(),
        notices=[*tested.notices(), *_changes(connection, renewed, tested)] or None,
        resumed_jobs=await _resume_waiting(connection.id, context),
    )


async def _resume_waiting(connection_id: str, context: Context) -> list[str]:
    waiting = await context.state.imports.waiting_for_credential(connection_id)
    for import_ in waiting:
        await resume(import_, context)
    return [import_.id for import_ in waiting]


def _is_another(old: Connection, new: Connection) -> bool:
    return bool(old.account_id) and old.account_id != new.account_id


def _changes(old: Connection, new: Connection, tested: Tested) -> list[Notice]:
    """Tell what is not as before: an import that goes on sees what the new account sees."""
    if not _is_another(old, new):
        return []
    name = tested.login.account.get("displayName") or new.email
    message = (
        f"The token belongs to another account than before ({name}). An import that goes on reads what this"
        " one may see: check that it has the same permissions."
    )
    return [Notice(code="other_account", message=message)]
