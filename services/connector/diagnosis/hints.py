"""The table of troubles: what is wrong where Jira has no words for it, where to click, and what to do next.

Placeholders: {site} the address, {account} who logs in, {key} a project, {target} where a redirect leads,
{reason} what is wrong with a certificate, {saved} the day on which a connection was saved.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Advice:
    """`wrong` stands in for Jira's message where there is none; `hint` follows it in any case."""

    wrong: str
    hint: str


_CLOUD_TOKENS: Final = "https://id.atlassian.com/manage-profile/security/api-tokens"
_NEW_SCOPED: Final = (
    f"Scopes of a token cannot be changed later: open {_CLOUD_TOKENS}, choose 'Create API token with scopes',"
    " app Jira, select read:jira-work, read:jira-user and read:me, and connect again with the new token."
)
_BASE_ADDRESS: Final = (
    "Enter the address that Jira's own start page has, such as https://acme.atlassian.net or"
    " https://jira.acme.com/jira, without the address of a project or an issue."
)

HINTS: Final[dict[str, Advice]] = {
    # The address
    "address_refused": Advice(
        "{site} is a private or loopback address, which this connector may not ask",
        "If this Jira is in your own network, its operator names the host in JIRA__ALLOWED_PRIVATE_HOSTS of"
        " the connector and the fetcher; then connect again.",
    ),
    "unknown_host": Advice(
        "The host of {site} cannot be found", "Check the spelling of the address. " + _BASE_ADDRESS
    ),
    "unreachable": Advice(
        "Nothing answers at {site}",
        "Check the address and the port, and that a firewall lets the connector through to Jira.",
    ),
    "timeout": Advice(
        "{site} did not answer in time",
        "Check that Jira is up and that a firewall lets the connector through, then connect again.",
    ),
    "certificate_refused": Advice(
        "The certificate of {site} is not accepted: {reason}",
        "One that has expired or names another host must be renewed by Jira's operator, or the address be"
        " entered as the certificate has it. One of your own authority is accepted when an operator names"
        " the authority's certificate in JIRA__CA_FILE of the connector and the fetcher; then connect again.",
    ),
    "tls_error": Advice(
        "No secure connection to {site} is possible",
        "Check the address and the port, then connect again. If this Jira speaks plain HTTP only, enter the"
        " address with http:// instead of https://.",
    ),
    "not_jira": Advice("{site} answers, but not as a Jira does", _BASE_ADDRESS),
    "login_page": Advice(
        "{site} answers with a web page instead of data",
        "A login page or a proxy stands before Jira. Ask its operator to let requests with an Authorization"
        " header through to /rest/, or enter the address that leads to Jira directly.",
    ),
    "redirected": Advice(
        "{site} sends requests on to {target}",
        "If that is Jira's new address, enter it instead. If it is a login page (single sign-on), ask its"
        " operator to let requests with an Authorization header through to /rest/.",
    ),
    "jira_unavailable": Advice(
        "Jira at {site} has a problem of its own just now",
        "Nothing is wrong with what you entered as far as can be told: try again in a few minutes, and look"
        " at https://status.atlassian.com (Cloud) or ask Jira's operator if it stays.",
    ),
    "rate_limited": Advice(
        "Jira at {site} refuses more requests for now",
        "Jira limits how often it may be asked: wait a minute and connect again.",
    ),
    # The product
    "is_cloud": Advice(
        "Data Center was chosen, and {site} is Jira Cloud",
        "Choose Cloud, enter the e-mail address of the Atlassian account, and an API token from"
        f" {_CLOUD_TOKENS}.",
    ),
    "is_data_center": Advice(
        "Cloud was chosen, and {site} is Jira Data Center or Server",
        "Choose Data Center, and enter a personal access token: in Jira, profile picture > Profile >"
        " Personal Access Tokens > Create token.",
    ),
    # The login
    "cloud_token_refused": Advice(
        "Jira refuses the login of {account}",
        "The API token is wrong, has expired or was revoked, or belongs to another account than {account}."
        f" Open {_CLOUD_TOKENS}, create a new API token while logged in as {{account}}, and connect again. A"
        " password or a personal access token of Data Center does not work on Cloud.",
    ),
    "pat_on_cloud": Advice(
        "A personal access token does not work on Jira Cloud",
        "Personal access tokens belong to Data Center; Cloud needs the e-mail address of the account with an"
        f" API token. Open {_CLOUD_TOKENS}, create an API token, and connect again with that.",
    ),
    "scope_missing_read_jira_user": Advice(
        "The token may not read its own account",
        "The token itself is good, but it lacks the scope read:jira-user. " + _NEW_SCOPED,
    ),
    "scope_missing_read_me": Advice(
        "The token may not read its own account",
        "The token itself is good, but it lacks the scope read:me, so Jira does not say whose it is."
        f" {_NEW_SCOPED}",
    ),
    "scope_missing_read_jira_work": Advice(
        "The token may not read projects and issues",
        "The login works, but the token lacks the scope read:jira-work. " + _NEW_SCOPED,
    ),
    "gateway_unknown_site": Advice(
        "Atlassian's gateway does not know {site}",
        "The login was refused at the site itself, and the id of the site, which a token with scopes needs,"
        f" could not be read. Check the address; then create a new API token at {_CLOUD_TOKENS}.",
    ),
    "pat_refused": Advice(
        "Jira refuses the login",
        "The personal access token is wrong, has expired or was revoked. In Jira, open profile picture >"
        " Profile > Personal Access Tokens, create a new token, and connect again with that.",
    ),
    "basic_refused": Advice(
        "Jira refuses the login of {account}",
        "What was entered is neither a valid personal access token nor the password of {account}. In Jira,"
        " open profile picture > Profile > Personal Access Tokens, create a token, and connect with that."
        " It was tried only once, since further tries with a wrong password lock the account.",
    ),
    "basic_disabled": Advice(
        "This Jira accepts no passwords here",
        "What was entered is not a valid personal access token either. In Jira, open profile picture >"
        " Profile > Personal Access Tokens, create a token, and connect again with that.",
    ),
    "captcha": Advice(
        "Jira wants a CAPTCHA solved before {account} may log in again",
        "There were too many wrong logins. Log in to {site} in a browser as {account} and solve the CAPTCHA,"
        " then connect again; until then every further try keeps the account locked, so none is made.",
    ),
    "forbidden": Advice(
        "Jira forbids this to {account}",
        "The login was understood, and this account may not use the REST API. Ask a Jira admin whether the"
        " account has access to Jira itself and whether an IP allow-list or API policy keeps it out.",
    ),
    "token_died": Advice(
        "Jira refuses the token of this connection",
        "The token worked when this connection was saved on {saved}, and is refused now: it has expired or"
        f" was revoked since. Create a new one (Cloud: {_CLOUD_TOKENS}; Data Center: profile picture >"
        " Profile > Personal Access Tokens), connect to Jira again with it, and start from there.",
    ),
    "credential_unreadable": Advice(
        "The saved credential of this connection cannot be decrypted",
        "The connector's encryption key is not the one that it was saved with. Delete this connection and"
        " connect to Jira again.",
    ),
    "other_site": Advice(
        "{site} is another Jira than the one of this connection, {target}",
        "Enter a token for {target}; for another Jira, connect to it and start an import of its own.",
    ),
    # What the account sees
    "no_projects_visible": Advice(
        "The login of {account} works, but Jira shows it no project at all",
        "Ask a Jira admin to open Project settings > Permissions of the projects to import, and to grant"
        " 'Browse Projects' to this account or to a group or role that it is in. Then connect again.",
    ),
    "no_browse_projects": Advice(
        "Jira does not show project {key} to {account}",
        "Either project {key} does not exist (any more), or {account} lacks 'Browse Projects' there. Ask an"
        " admin of the project to open Project settings > Permissions and to grant it to this account or to a"
        " group or role that it is in, then start again.",
    ),
    "jql_refused": Advice(
        "Jira does not understand the JQL that the import is restricted to",
        "Try the JQL in Jira's own issue search, without ORDER BY, then start again with what works there.",
    ),
    "agile_scope_missing": Advice(
        "Boards cannot be read",
        "Boards and sprints are optional and will be left out. To have them, create a token that also has the"
        " scopes read:board-scope:jira-software, read:sprint:jira-software, read:project:jira,"
        " read:issue-details:jira and read:jql:jira.",
    ),
    "boards_unreadable": Advice(
        "Boards cannot be read",
        "Boards and sprints are optional and will be left out. To have them, give the account access to Jira"
        " Software.",
    ),
    "jira_refused": Advice(
        "Jira refuses the request",
        "That was unexpected for a Jira that answered so far; check the account's permissions in Jira, then"
        " try again.",
    ),
}
