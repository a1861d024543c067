"""What a fetcher reads from its environment."""

from datetime import timedelta
from typing import Literal

from pydantic import PositiveInt

from shared.settings import Duration, JiraSettings, SecretsSettings, ServiceSettings


class FetcherSettings(ServiceSettings):
    """Settings of one fetcher process; run as many as the site's rate limit can feed."""

    service_name: str = "fetcher"
    jira: JiraSettings = JiraSettings()
    secrets: SecretsSettings = SecretsSettings()
    # Of a site. Two fetchers are within the 5 to 10 requests in flight that Atlassian advises, and four large
    # answers at once would be too many for the 150 MB that a fetcher may take.
    tasks_at_once: PositiveInt = 3
    task_attempts: PositiveInt = 5  # each of them asks Jira up to `jira.attempts` times
    task_timeout: Duration = timedelta(seconds=55)  # a handler must end within a minute, or split its work
    task_lease: Duration = timedelta(seconds=10)  # as long as Kafka waits for a silent member of a group
    task_losses: PositiveInt = 10  # a task that takes so many fetchers down with it is given up
    sweep_interval: Duration = timedelta(seconds=5)  # one look of all fetchers together
    sweep_after: Duration = timedelta(minutes=1)  # an import not planned, a project not closed: helped on
    requeue_after: Duration = timedelta(hours=1)  # a task that nobody took: queues may be long
    orphans_after: Duration = timedelta(hours=1)  # after the last import of a site its lost blobs are removed
    remote_links: Literal["hinted", "all", "none"] = "hinted"  # a request per issue: see `tasks.around`
    watchers_and_voters: Literal["named", "counted"] = "named"  # a request for each issue that has any
    issues_per_task: PositiveInt = 100  # bulkfetch takes no more
    download_bytes: PositiveInt = 128 * 2**20  # of one large file in one task: a minute at 2 MB/s
    changes_overlap: Duration = timedelta(minutes=10)  # index lag of Jira, and clocks that differ
    listing_page: PositiveInt = 5000  # the most that search/jql gives; Data Center caps it at 1000 by itself
