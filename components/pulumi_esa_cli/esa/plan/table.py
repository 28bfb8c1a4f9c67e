"""The plans of jobs as lines: a line for each job, and one for each plan below it; on a terminal they fit it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rich.cells import cell_len
from rich.text import Text

from pulumi_embedded_engine.printable import one_line
from pulumi_esa_prefetch.load import count_text
from pulumi_esa_prefetch.report.analysis.plan_listing import (
    ListedJob,
    ListedPlan,
    PlanListing,
)
from pulumi_esa_prefetch.report.analysis.progress import OF_A_JOB
from pulumi_esa_prefetch.report.analysis.short_text import short_duration

_COLOURS = {"running": "green", "finished": "cyan", "failed": "red", "missing": "red"}
_COUNTED = ("failed", "missing", "running", "waiting", "stopped", "finished")
_HEALTHY = {"running", "waiting", "stopped", "finished"}
_COLUMNS = ("name", "plan", "status", "window", "pace", "finish")
_ID = 24
_MARGIN = " "
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Screen:
    """The size of a terminal; `rows` is None where all lines are wanted."""

    columns: int
    rows: int | None


def listing_lines(
    listing: PlanListing, title: str, screen: Screen | None
) -> list[Text]:
    """The lines of all jobs; those that a terminal has no room for are counted in the last line."""
    plans = listing.plans
    rows = {id(plan): _cells(plan, listing.at) for plan in plans}
    layout = _Layout.of(list(rows.values()), screen, _head(plans))
    jobs = listing.jobs
    # sites are shown for all jobs or for none
    heads = [list(_job_lines(job, screen, with_site=True)) for job in jobs]
    if screen and any(head[0].cell_len > screen.columns for head in heads):
        heads = [list(_job_lines(job, screen)) for job in jobs]
    lines = _title(title, listing, screen)
    shown_jobs, shown = _shown(jobs, heads, screen, len(lines))
    lines += [layout.line(_head(plans), style="bold")] if shown else []
    for job, head in list(zip(jobs, heads, strict=True))[:shown_jobs]:
        lines += head
        lines += [
            layout.row(rows[id(plan)], plan) for plan in job.plans if id(plan) in shown
        ]
    left_out = len(plans) - len(shown)
    if left_out or shown_jobs < len(jobs):
        lines.append(_left_out(left_out, len(jobs) - shown_jobs))
    if screen:
        for line in lines:
            line.truncate(screen.columns, overflow="ellipsis")
    return lines


def window_text(start: datetime | None, end: datetime | None, year: int) -> str:
    """A window in UTC; the end without its day if it is less than a day after the start."""
    if start is None and end is None:
        return "open"
    first = _moment(start, year) if start else "open"
    if end is None:
        return f"{first} - open"
    soon = start is not None and timedelta(0) <= end - start < _DAY
    return (
        f"{first} - {end.astimezone(UTC):%H:%M}"
        if soon
        else f"{first} - {_moment(end, year)}"
    )


def pace_text(interval: int | None, slice_len: int | None) -> str:
    """URLs in a batch, and the time between two: `10/1m`."""
    if interval is None or slice_len is None:
        return ""
    return f"{slice_len}/{short_duration(timedelta(seconds=interval)).replace(' ', '')}"


def status_style(status: str) -> str:
    """The colour of a status."""
    return _COLOURS.get(status, "")


def _moment(moment: datetime, year: int) -> str:
    moment = moment.astimezone(UTC)
    return (
        f"{moment:%m-%d %H:%M}" if moment.year == year else f"{moment:%Y-%m-%d %H:%M}"
    )


def _head(plans: Sequence[ListedPlan]) -> dict[str, str]:
    head = {
        "plan": "PLAN",
        "status": "STATUS",
        "window": "WINDOW (UTC)",
        "pace": "PACE",
        "finish": "LAST BATCH",
    }
    return head | ({"name": "NAME"} if any(plan.name for plan in plans) else {})


def _cells(plan: ListedPlan, now: datetime) -> dict[str, str]:
    year = now.astimezone(UTC).year
    return {
        "name": one_line(plan.name),
        "plan": plan.id,
        "status": one_line(plan.status),
        "window": window_text(plan.start_time, plan.end_time, year)
        if plan.status != "missing"
        else "",
        "pace": pace_text(plan.interval, plan.slice_len),
        "finish": _moment(plan.finish, year) if plan.finish else "",
    }


@dataclass(frozen=True, slots=True)
class _Layout:
    """The columns that are shown with their widths, and the gap between them."""

    widths: dict[str, int]
    gap: str

    @classmethod
    def of(
        cls,
        rows: list[dict[str, str]],
        screen: Screen | None,
        head: dict[str, str],
    ) -> "_Layout":
        """All columns, if they fit; else a plan's name in place of its id, smaller gaps, and shorter names."""
        columns = [column for column in _COLUMNS if column in head]
        widths = {
            column: max(cell_len(row[column]) for row in [*rows, head])
            for column in columns
        }
        if screen is None:
            return cls(widths, "  ")
        if "name" in widths and not _fits(widths, "  ", screen):
            del widths["name"]
            for row in rows:
                row["plan"] = row["name"] or row["plan"]
            widths["plan"] = max(cell_len(row["plan"]) for row in rows)
        gap = "  " if _fits(widths, "  ", screen) else " "
        over = max(0, _width(widths, gap) - screen.columns)
        widths["plan"] = max(_ID, widths["plan"] - over)
        return cls(widths, gap)

    def line(self, cells: dict[str, str], style: str = "") -> Text:
        """One line of plain cells."""
        texts = [self._cell(column, cells.get(column, "")) for column in self.widths]
        return _joined(texts, self.gap, style)

    def row(self, cells: dict[str, str], plan: ListedPlan) -> Text:
        """The line of a plan; what needs attention stands in the place of pace and last batch."""
        texts = [
            self._cell(column, cells[column])
            for column in self.widths
            if not (plan.own_note and column in {"pace", "finish"})
        ]
        note = [Text(one_line(plan.own_note), style="yellow")] if plan.own_note else []
        return _joined([*texts, *note], self.gap)

    def _cell(self, column: str, text: str) -> Text:
        style = status_style(text) if column == "status" else ""
        cell = Text(text, style=style)
        cell.truncate(self.widths[column], overflow="ellipsis", pad=True)
        return cell


def _joined(texts: Sequence[Text], gap: str, style: str = "") -> Text:
    line = Text.assemble(_MARGIN, Text(gap).join(texts), style=style)
    line.rstrip()
    return line


def _width(widths: dict[str, int], gap: str) -> int:
    return len(_MARGIN) + sum(widths.values()) + len(gap) * (len(widths) - 1)


def _fits(widths: dict[str, int], gap: str, screen: Screen) -> bool:
    return _width(widths, gap) <= screen.columns


def _job_lines(
    job: ListedJob, screen: Screen | None, *, with_site: bool = False
) -> Iterator[Text]:
    """The line of a job, made to fit if it is without its site; and one for each note about the job."""
    name = one_line(job.name or "")
    site = f"site {job.site_id}" if with_site and job.site_id is not None else ""
    state = _statuses(job.plans) if job.exists else "does not exist in ESA"
    line = _job_line(job, name, site, _urls(job), state)
    if screen and not with_site and line.cell_len > screen.columns:
        count = _short_statuses(job.plans) if job.exists else state
        line = _job_line(job, name, _urls(job), count)
        short = Text(name)
        over = max(0, line.cell_len - screen.columns)
        short.truncate(max(8, short.cell_len - over), overflow="ellipsis")
        line = _job_line(job, short.plain, _urls(job), count)
    yield line
    for note in job.notes:
        yield Text(f"{_MARGIN}{one_line(note)}", style="yellow")


def _job_line(job: ListedJob, *texts: str) -> Text:
    style = "" if job.exists else "red"
    parts = [Text(text, style=style) for text in texts if text]
    return Text("  ").join([Text(job.id, style="bold"), *parts])


def _urls(job: ListedJob) -> str:
    if job.urls is None:
        return ""
    return f"{job.urls_done or 0}/{job.urls} URLs" if job.urls else "no URLs"


def _statuses(plans: Sequence[ListedPlan]) -> str:
    if not plans:
        return "no plans"
    counts = Counter(one_line(plan.status) for plan in plans)
    others = sorted(set(counts) - set(_COUNTED))
    known = [status for status in _COUNTED if status in counts]
    return ", ".join(f"{counts[status]} {status}" for status in [*known, *others])


def _short_statuses(plans: Sequence[ListedPlan]) -> str:
    """How many plans there are, and how many have failed or an unknown status: `20 plans, 4 failed`."""
    bad = [plan for plan in plans if plan.status not in _HEALTHY]
    count = count_text(len(plans), "plan")
    return f"{count}, {_statuses(bad)}" if bad else count


def _title(title: str, listing: PlanListing, screen: Screen | None) -> list[Text]:
    """How many plans there are, and how many have which status, on a second line if the first has no room."""
    plans = listing.plans
    text = f"{title}: {count_text(len(plans), 'plan')} of {count_text(len(listing.jobs), 'job')}"
    needy = sum(plan.attention is not None for plan in plans)
    if needy:
        text += f"; {needy} need{'s' * (needy == 1)} attention"
    parts = [Text(text, style="bold"), *([Text(_statuses(plans))] if plans else [])]
    whole = Text("; ").join(parts)
    return [whole] if screen is None or whole.cell_len <= screen.columns else parts


def _shown(
    jobs: Sequence[ListedJob],
    heads: Sequence[list[Text]],
    screen: Screen | None,
    title_rows: int,
) -> tuple[int, set[int]]:
    """How many jobs have room, and which plans: first all jobs, then the plans that need attention, then the others."""
    every = [plan for job in jobs for plan in job.plans]
    lines = len(every) + sum(map(len, heads))
    # title and head of the table above, the prompt below
    around = title_rows + 2
    if screen is None or screen.rows is None or lines <= screen.rows - around:
        return len(jobs), {id(plan) for plan in every}
    room, count = screen.rows - around - 1, 0
    for head in heads:
        if len(head) > room:
            break
        room, count = room - len(head), count + 1
    wanted = [plan for job in jobs[:count] for plan in job.plans]
    wanted.sort(key=_need)
    return count, {id(plan) for plan in wanted[:room]}


def _need(plan: ListedPlan) -> int:
    """Its place among the plans that want room: those with a reason of their own, of their job, with none."""
    if plan.attention is None:
        return 2
    return 1 if plan.attention in OF_A_JOB else 0


def _left_out(plans: int, jobs: int) -> Text:
    what = count_text(plans, "plan")
    if jobs:
        what += f", and {count_text(jobs, 'job')},"
    return Text(
        f"{what} not shown here: --all shows all, --json is for programs", style="dim"
    )
