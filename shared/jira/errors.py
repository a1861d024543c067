"""What Jira's refusals mean, with Jira's own words kept verbatim in `jira_message`."""

from shared.errors import PermanentError, TransientError


class JiraError(PermanentError):
    """Jira refused: asking again would get the same answer. `status` is HTTP's."""

    def __init__(self, jira_message: str, *, status: int, endpoint: str) -> None:
        super().__init__(f"Jira answered {status} to {endpoint}: {jira_message}")
        self.jira_message = jira_message
        self.status = status
        self.endpoint = endpoint


class JiraLoginError(JiraError):
    """The credential is refused (401, or an answer given to it as to an anonymous caller)."""


class JiraScopeError(JiraLoginError):
    """The token is good but lacks the scope of this route (the gateway says so with a 401)."""


class JiraCaptchaError(JiraLoginError):
    """Jira wants a CAPTCHA solved in a browser first; every further try keeps the account locked."""


class JiraForbiddenError(JiraError):
    """403: logged in, and not allowed."""


class JiraNotFoundError(JiraError):
    """404 or 410: not there, or not visible to this account."""


class JiraRedirectError(JiraError):
    """A redirect where an answer should be: another address, or a login page."""


class JiraTooLargeError(PermanentError):
    """An answer that is larger than we take; asked for less, Jira may give it."""


class JiraUnavailableError(TransientError):
    """429, 5xx, a cut connection, half an answer: asking again later may help."""

    def __init__(
        self, jira_message: str, *, status: int, endpoint: str, retry_after: float | None = None
    ) -> None:
        words = f"Jira answered {status}" if status else "Jira did not answer"
        super().__init__(f"{words} to {endpoint}: {jira_message}", retry_after=retry_after)
        self.jira_message = jira_message
        self.status = status
        self.endpoint = endpoint

    @property
    def reason(self) -> str:
        """Why we wait, in the words of the metrics."""
        return "rate_limit" if self.status == 429 else "server_error" if self.status else "transport"


class JiraCoolingDownError(JiraUnavailableError):
    """Jira asked for a pause that is longer than the caller can wait; nothing was sent."""

    def __init__(self, endpoint: str, *, retry_after: float) -> None:
        words = f"Jira's rate limit holds for another {retry_after:.0f} s"
        super().__init__(words, status=429, endpoint=endpoint, retry_after=retry_after)
        self.args = (f"{endpoint} was not asked: {words}",)


class JiraNotJsonError(JiraUnavailableError):
    """200 with something else than JSON: a login page, an error page, half an answer."""


class JiraCutShortError(JiraUnavailableError):
    """A download ended before, or went on after, the size that was announced."""
