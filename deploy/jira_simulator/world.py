"""Everything that one running simulator knows: the site, who may see what, faults and counters."""

from deploy.jira_simulator import accounts
from deploy.jira_simulator.accounts import Login
from deploy.jira_simulator.config import Config
from deploy.jira_simulator.counters import Counters
from deploy.jira_simulator.data.generated import Generated
from deploy.jira_simulator.data.model import DataSet, Shape
from deploy.jira_simulator.data.overlay import Site
from deploy.jira_simulator.data.real import Real
from deploy.jira_simulator.faults import Faults
from deploy.jira_simulator.jql.plan import Searcher
from deploy.jira_simulator.limits import Limits

GATEWAY = f"/ex/jira/{accounts.CLOUD_ID}"


class World:
    def __init__(self, config: Config, url: str) -> None:
        """`url` is where the server really listens, without a path."""
        data: DataSet = Real(config) if config.data else Generated(config)
        self.config = config
        self.site = Site(data)
        self.searcher = Searcher(self.site)
        self.counters = Counters()
        self.faults = Faults(list(config.faults), seed=config.seed)
        self.limits = Limits(config.limits)
        self.latency_ms = config.latency_ms
        self.dead: set[str] = set()
        context = "" if config.cloud else config.context_path
        self.url = url + context  # where it can be reached
        self.base = config.base_url or self.url  # what it calls itself
        self.media = url.replace("127.0.0.1", "localhost")
        version = 3 if config.cloud else 2
        self._site_shape = Shape(config.cloud, self.base, f"{self.base}/rest/api/{version}")
        gateway = url + GATEWAY
        self._gateway_shape = Shape(True, gateway, f"{gateway}/rest/api/3")
        everything = range(len(self.site.projects))
        self._visible = {
            "all": frozenset(everything),
            "first": frozenset(everything[:1]),
            "none": frozenset[int](),
        }

    def shape(self, *, gateway: bool) -> Shape:
        return self._gateway_shape if gateway else self._site_shape

    def login(self, authorization: str, *, gateway: bool) -> Login:
        if gateway:
            return accounts.login_at_gateway(authorization, self.dead)
        if self.config.cloud:
            return accounts.login_at_site(authorization, self.dead, self.base)
        config = self.config
        return accounts.login_at_datacenter(
            authorization, self.dead, self.base, basic_disabled=config.basic_disabled, captcha=config.captcha
        )

    def visible(self, login: Login) -> frozenset[int]:
        if login.token is None:
            return self._visible["first" if self.config.anonymous_public else "none"]
        return self._visible[login.token.sees]
