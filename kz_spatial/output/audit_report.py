"""The replication audit as a page: figures, and no verdicts on people."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

from kz_spatial.output.page import html_table
from kz_spatial.words import say

if TYPE_CHECKING:
    from kz_spatial.replication import Audit

__all__ = ["render_audit"]


def render_audit(audit: Audit, *, source: str, synthetic: bool, version: str) -> str:
    """Render an audit.

    Parameters
    ----------
    audit : Audit
    source : str
        What the data are.
    synthetic : bool
        Whether they are the twin.
    version : str
        Version of the package.

    Returns
    -------
    str
        A whole HTML page.
    """
    import jinja2

    page = resources.files("kz_spatial") / "templates" / "audit.html.j2"
    template = jinja2.Environment(autoescape=False, undefined=jinja2.StrictUndefined).from_string(  # noqa: S701
        page.read_text(encoding="utf-8")
    )
    solved = audit.counts[audit.counts["ways"] > 0]
    fewest = audit.granularity.groupby("item")["fewest_answers"].sum()
    innovation = audit.estimates[audit.estimates["term"] == "product_innovation"]
    shown = ["coding", "inference", "coefficient", "std_error", "p", "ci_low", "ci_high", "n_obs"]
    numbers = audit.numbers
    off = numbers[~numbers["as_published_agrees"]]
    return template.render(
        source=source,
        notice=say("twin") if synthetic else "",
        version=version,
        cells=2 * len(solved),
        all_cells=2 * len(audit.counts),
        unique=int((audit.counts["ways"] == 1).sum()),
        pairs=len(audit.counts),
        counts=html_table(audit.counts),
        common=", ".join(map(str, audit.common_df)) if len(audit.common_df) == 1 else "",
        df=html_table(audit.degrees_of_freedom),
        fewest_g3=int(fewest["g3"]),
        fewest_c7=int(fewest["c7"]),
        granularity=html_table(audit.granularity),
        groupings_n=int(audit.groupings["groupings"].iloc[0]),
        groupings=html_table(audit.groupings),
        innovation=html_table(innovation[shown]),
        agree_published=int(numbers["as_published_agrees"].sum()),
        agree_corrected=int(numbers["corrected_agrees"].sum()),
        n_numbers=len(numbers),
        disagree=html_table(off[["table", "row", "column", "printed", "as_published"]]),
    )
