"""The invented users of a generated site: ordinary, inactive, an app account, and one who was deleted."""

from typing import Any

from deploy.jira_simulator.data.model import Shape

_NAMES = (
    "Admin", "Fern", "Moss", "Cedar", "Hazelnut", "Juniper", "Linden", "Maple", "Nettle", "Poppy", "Quince",
    "Rowanberry", "Sorrel", "Thistle", "Willowherb", "Yarrow", "Aspen", "Bramble", "Clover", "Dill",
)  # fmt: skip
FORMER, APP, INACTIVE = 5, 6, 7
COUNT = len(_NAMES)


def account_id(number: int) -> str:
    return f"5f{number:022x}"


def user(number: int, shape: Shape, *, with_email: bool) -> dict[str, Any]:
    name = _NAMES[number]
    login = name.lower()
    shown = "Former user" if number == FORMER else f"{name} Example"
    common = {"displayName": shown, "active": number not in (FORMER, INACTIVE), "timeZone": "Europe/Berlin"}
    mail = {"emailAddress": f"{login}@example.com"} if with_email and number not in (FORMER, APP) else {}
    if not shape.cloud:
        key = login if number == 0 else f"JIRAUSER{10100 + number}"
        address = f"{shape.api}/user?username={login}"
        return {"self": address, "name": login, "key": key, **mail, "avatarUrls": {}, **common}
    kind = "app" if number == APP else "atlassian"
    identity = {"self": f"{shape.api}/user?accountId={account_id(number)}", "accountId": account_id(number)}
    return {**identity, **mail, "avatarUrls": {}, **common, "accountType": kind}
