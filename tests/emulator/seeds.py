"""Seeds for tests: one site, one job, plans by number."""

from tests.emulator.signed_client import Document

SITE = 190007158391808
JOB = "665d3af3621bccf3fe29e1a4"


def plan_id(number: int = 1) -> str:
    """The id of a plan."""
    return f"665d3b48621bccf3{number:08x}"


def plan(number: int = 1, status: str = "waiting", **fields: object) -> Document:
    """A plan of 2 URLs a minute, whose window opens in an hour and lasts one."""
    return {
        "Id": plan_id(number),
        "Status": status,
        "StartTime": "+1h",
        "EndTime": "+2h",
        "Interval": 60,
        "SliceLen": 2,
        **fields,
    }


def open_plan(number: int = 1, status: str = "waiting", **fields: object) -> Document:
    """A plan whose window has been open for an hour and stays open for eight."""
    return plan(number, status, **{"StartTime": "-1h", "EndTime": "+8h", **fields})


def late_plan(number: int = 1, status: str = "stopped") -> Document:
    """A plan whose window is over."""
    return plan(number, status, StartTime="-2h", EndTime="-1h")


def seed(*plans: Document, urls: int = 10, **site: object) -> Document:
    """A site with one job, of this many URLs and these plans."""
    job = {
        "Id": JOB,
        "SiteId": SITE,
        "Name": "job",
        "UrlList": [f"http://a.example/{n}" for n in range(urls)],
        "plans": list(plans),
    }
    return {"sites": [{"SiteId": SITE, **site}], "jobs": [job]}
