"""Write the audit of printed numbers: a folder that is whole or absent."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kz_spatial._validate import check_option
from kz_spatial.design import design_of
from kz_spatial.errors import CallError
from kz_spatial.options import Language, RunOptions
from kz_spatial.output.audit_report import render_audit
from kz_spatial.output.clock import written_now
from kz_spatial.output.disclosure import rules_line
from kz_spatial.output.folders import check_target, versions, whole_or_absent, write_record
from kz_spatial.replication import Audit, audit, unlike_paper
from kz_spatial.study import choose_rules, read_codings
from kz_spatial.words import languages

if TYPE_CHECKING:
    from kz_spatial.design import StudyDesign

__all__ = ["write_audit"]


def write_audit(
    survey: str | os.PathLike[str] | None = None,
    *,
    out: str | os.PathLike[str],
    design: StudyDesign | str | os.PathLike[str] | None = None,
    overwrite: bool = False,
    language: Language = "en",
    disclosure: str | None = None,
    **reading: Any,
) -> Audit:
    """Audit the study's printed numbers against a survey, or the twin, and write the result.

    Parameters
    ----------
    survey : path, optional
        Survey file; without it, the twin.
    out : path
        Folder to make: audit.html, a CSV per table, run.json.
    design : StudyDesign, path or name, optional
        How the file is read; its indicators, regions and formula are those of the published study.
    overwrite : bool
        Whether a bundle or audit of that name may be replaced.
    language : str
        Of the page, one of `words.languages()`.
    disclosure : str, optional
        Profile of the rules for what may be told of firms; see `RunOptions`.
    **reading
        `items`, `region`, `region_codes`, `kind`, `where` of `read_survey`.

    Returns
    -------
    Audit

    Raises
    ------
    InputError, CallError
        As `read_survey` and `audit` raise them, and as `write_bundle` does for the folder.

    Examples
    --------
    >>> import tempfile
    >>> import kz_spatial as kz
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     found = kz.write_audit(out=Path(folder) / "audit")
    ...     sorted(each.name for each in (Path(folder) / "audit").glob("[a-d]*"))
    ['audit.html', 'counts.csv', 'degrees_of_freedom.csv']
    >>> found.common_df
    (12,)
    """
    target = Path(out)
    check_target(target, overwrite=overwrite)
    check_option("language", language, languages())
    codings = read_codings(survey, design=design, **reading)
    asked = design_of(codings["corrected"])
    if reason := unlike_paper(asked):
        raise CallError(f"audit: {reason}")
    record = codings["corrected"].attrs["kz_spatial"]
    synthetic = record["synthetic"]
    rules = choose_rules(RunOptions(disclosure=disclosure), asked, synthetic=synthetic)
    found = audit(codings, rules=rules)
    installed = versions()
    page = render_audit(
        found,
        source=record["source"],
        synthetic=synthetic,
        rules=rules_line(rules, language),
        version=installed["kz-spatial"],
        language=language,
    )
    tables = {
        name: getattr(found, name)
        for name in (
            "numbers",
            "counts",
            "degrees_of_freedom",
            "granularity",
            "groupings",
            "estimates",
        )
    }
    with whole_or_absent(target, overwrite=overwrite) as folder:
        (folder / "audit.html").write_text(page, encoding="utf-8")
        for name, table in tables.items():
            table.to_csv(folder / f"{name}.csv", index=False, float_format="%.10g")
        text = {
            "synthetic": record["synthetic"],
            "source": record["source"],
            "sha256": None if rules.guarded else record["sha256"],
            "disclosure": rules.to_record(),
            "common_df": found.common_df,
            "versions": installed,
            "written": written_now(),
        }
        write_record(folder, text)
    return found
