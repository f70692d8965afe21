"""Each state that a release must not have is refused with one line that names it."""

import importlib.util
import subprocess
import sys
import tarfile
import zipfile

import pytest
from helpers import ROOT

spec = importlib.util.spec_from_file_location("ci_release", ROOT / ".ci" / "release.py")
release = importlib.util.module_from_spec(spec)
sys.modules[spec.name] = release
spec.loader.exec_module(release)


def git(folder, *words):
    subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", *words],
        cwd=folder,
        check=True,
        capture_output=True,
    )


@pytest.fixture
def checkout(tmp_path):
    """A checkout of version 0.2.0 that is fit to be released."""
    for name, text in {
        "pyproject.toml": '[project]\nname = "x"\nversion = "0.2.0"\n[tool.x]\nversion = "9.9"\n',
        "CITATION.cff": 'cff-version: 1.2.0\nversion: "0.2.0"\n',
        "qgis_plugin/kz_spatial_results/metadata.txt": "[general]\nqgisMinimumVersion=3.22\n"
        "version=0.2.0\n",
        "CHANGELOG.md": "# Changelog\n\n## [Unreleased]\n\n## [0.2.0] - 2026-11-27\n\n- A thing.\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "all")
    git(tmp_path, "tag", "-a", "v0.2.0", "-m", "0.2.0")
    return tmp_path


def check_state(root):
    version = release.version_of(root)
    release.check_versions(root)
    release.check_changelog(root, version)
    release.check_checkout(root, version)


def refusal(do, *given):
    with pytest.raises(release.Refused) as refused:
        do(*given)
    (line,) = str(refused.value).splitlines()
    return line


def test_a_fit_checkout_passes(checkout):
    check_state(checkout)


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("CITATION.cff", '"0.2.0"', '"0.1.0"', "CITATION.cff: found version 0.1.0, expected 0.2.0"),
        ("CITATION.cff", "\nversion: ", "\nversio: ", "CITATION.cff: found version none"),
        (
            "qgis_plugin/kz_spatial_results/metadata.txt",
            "version=0.2.0",
            "version=0.2.1",
            "metadata.txt: found version 0.2.1, expected 0.2.0",
        ),
        ("CHANGELOG.md", "## [0.2.0] -", "## [0.2.1] -", "CHANGELOG.md: found no section 0.2.0"),
        ("CHANGELOG.md", " - 2026-11-27", "", "CHANGELOG.md: found no section 0.2.0"),
        ("CHANGELOG.md", "- A thing.\n", "", "CHANGELOG.md: the section 0.2.0 tells of nothing"),
        (
            "CHANGELOG.md",
            "- A thing.",
            "## [0.1.0] - 2026-01-01\n\n- An older thing.",
            "CHANGELOG.md: the section 0.2.0 tells of nothing",
        ),
    ],
)
def test_texts_of_another_version_are_refused(checkout, name, old, new, told):
    path = checkout / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert told in refusal(check_state, checkout)


def test_a_checkout_that_is_not_clean_is_refused(checkout):
    (checkout / "stray.txt").write_text("x", encoding="utf-8")
    assert "not clean: 1 files, first stray.txt" in refusal(check_state, checkout)


def test_a_commit_without_its_tag_is_refused(checkout):
    git(checkout, "commit", "-q", "--allow-empty", "-m", "later")
    assert "not tagged v0.2.0, found no tag; git tag -a v0.2.0" in refusal(check_state, checkout)
    git(checkout, "tag", "v0.2.1")
    assert "not tagged v0.2.0, found v0.2.1" in refusal(check_state, checkout)


def test_a_version_is_written_wherever_it_stands(checkout):
    release.set_version(checkout, "1.4.10")
    assert release.version_of(checkout) == "1.4.10"
    release.check_versions(checkout)
    plugin = checkout / "qgis_plugin/kz_spatial_results/metadata.txt"
    assert plugin.read_text("utf-8") == "[general]\nqgisMinimumVersion=3.22\nversion=1.4.10\n"
    assert '[tool.x]\nversion = "9.9"\n' in (checkout / "pyproject.toml").read_text("utf-8")
    citation = (checkout / "CITATION.cff").read_text("utf-8")
    assert citation == 'cff-version: 1.2.0\nversion: "1.4.10"\n'


@pytest.mark.parametrize("version", ["0.2", "v0.2.0", "0.2.0rc1", ""])
def test_a_version_of_another_form_is_not_written(checkout, version):
    assert repr(version) in refusal(release.set_version, checkout, version)
    release.check_versions(checkout)


def test_versions_of_this_checkout_agree():
    release.check_versions(ROOT)


TWIN = b"idstd,a2\n700001,6\n700002,7\n"


def test_sources_pass():
    files = {"x/kz_spatial/data/twin.csv": TWIN, "x/builders.py": b"", "x/data/a.csv": b"code,n\n"}
    release.check_contents(ROOT / "x.whl", files)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("x/tests/survey/Kazakhstan-2024.dta", b"", "Kazakhstan-2024.dta is a file of a survey"),
        ("x/data/a.SAV", b"", "a.SAV is a file of a survey program"),
        ("x/data/firms.csv", b"IDSTD,a2\n3,4\n", "firms.csv has the column idstd"),
        ("x/data/firms.tsv", b'a2\t"idstd"\n3\t4\n', "firms.tsv has the column idstd"),
        ("x/data/firms.csv", TWIN, "firms.csv has the column idstd"),
        ("x/kz_spatial/data/twin.csv", b"idstd,a2\n12,6\n", "twin.csv has the column idstd"),
        ("x/kz_spatial/data/twin.csv", TWIN + b"12,6\n", "twin.csv has the column idstd"),
        ("x/tests/__pycache__/a.py", b"", "__pycache__/a.py is left over"),
        ("x/tests/a.cpython-311.pyc", b"", "a.cpython-311.pyc is left over"),
        ("x/.hypothesis/examples/a", b"", "is left over"),
        ("x/results/map.html", b"", "is left over"),
    ],
)
def test_what_must_not_be_handed_on_is_refused(name, content, told):
    assert told in refusal(release.check_contents, ROOT / "x.whl", {name: content})


def wheel_files(version="0.2.0"):
    info = f"kz_spatial-{version}.dist-info"
    return dict.fromkeys(
        (
            "kz_spatial/data/twin.csv",
            "kz_spatial/data/boundaries/crosswalk.csv",
            "kz_spatial/data/qgis_plugin/kz_spatial_results/metadata.txt",
            "kz_spatial/py.typed",
            f"{info}/licenses/LICENSE",
            f"{info}/METADATA",
        ),
        b"",
    )


def test_wheels_of_another_kind_are_refused():
    path = ROOT / "kz.whl"
    release.check_wheel(path, wheel_files(), "0.2.0")
    assert "of version 0.2.0" in refusal(release.check_wheel, path, wheel_files("0.1.0"), "0.2.0")
    more = {**wheel_files(), "tests/helpers.py": b""}
    assert "tests/helpers.py is outside" in refusal(release.check_wheel, path, more, "0.2.0")
    for name in list(wheel_files())[:-1]:
        fewer = {each: b"" for each in wheel_files() if each != name}
        assert f"{name} is missing" in refusal(release.check_wheel, path, fewer, "0.2.0")


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"other/metadata.txt": b"version=0.2.0"}, "expected one folder"),
        (
            {"kz_spatial_results/metadata.txt": b"version=0.1.0\n"},
            "has version 0.1.0, expected 0.2",
        ),
        ({"kz_spatial_results/a.py": b""}, "has version none"),
        ({"kz_spatial_results/metadata.txt": b"version=0.2.0\n"}, "LICENSE is missing"),
    ],
)
def test_plugins_of_another_kind_are_refused(files, told):
    assert told in refusal(release.check_plugin, ROOT / "p.zip", files, "0.2.0")


def packed(path, files):
    with zipfile.ZipFile(path, "w") as made:
        for name, content in files.items():
            made.writestr(name, content)
    return path


def test_an_sdist_that_builds_another_wheel_is_refused(tmp_path):
    one = packed(tmp_path / "one.whl", {"a.py": "1", "b.py": "2"})
    release.check_same(one, packed(tmp_path / "same.whl", {"b.py": "2", "a.py": "1"}))
    other = packed(tmp_path / "other.whl", {"a.py": "1", "b.py": "3", "c.py": ""})
    assert "2 files differ, first b.py" in refusal(release.check_same, one, other)


def test_contents_of_zips_and_tars(tmp_path):
    (tmp_path / "a.txt").write_text("text", encoding="utf-8")
    with tarfile.open(tmp_path / "x.tar.gz", "w:gz") as made:
        made.add(tmp_path / "a.txt", "x/a.txt")
    assert release.contents(tmp_path / "x.tar.gz") == {"x/a.txt": b"text"}
    assert release.contents(packed(tmp_path / "x.zip", {"d/": "", "d/a": "1"})) == {"d/a": b"1"}


def test_sums_are_those_that_sha256sum_reads(tmp_path):
    (tmp_path / "b.zip").write_bytes(b"")
    (tmp_path / "a.whl").write_bytes(b"abc")
    release.write_sums([tmp_path / "b.zip", tmp_path / "a.whl"], tmp_path / "SHA256SUMS")
    # the digests of nothing and of "abc" in FIPS 180-4
    assert (tmp_path / "SHA256SUMS").read_text("utf-8") == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  a.whl\n"
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  b.zip\n"
    )


def test_a_command_that_fails_tells_its_last_line(tmp_path):
    line = refusal(release.said, sys.executable, "-c", "import sys; sys.exit('first\\nlast')")
    assert line.endswith(": last")
