"""What the documentation says of the code is true."""

import re
import tomllib
from pathlib import Path

from bitpail.services.metrics import FAMILIES
from bitpail.settings import PREFIX, Settings, document

ROOT = Path(__file__).resolve().parent.parent


def test_every_setting_is_documented():
    assert (ROOT / "docs/settings.md").read_text() == document()


def test_every_dependency_is_explained():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    explained = (ROOT / "docs/dependencies.md").read_text()
    for requirement in wanted:
        name = re.match(r"[a-z0-9-]+", requirement)[0]
        assert re.search(rf"\b{name}\b", explained), name


def test_the_map_of_concepts_names_files_that_exist():
    text = (ROOT / "CONTRIBUTING.md").read_text()
    for path in re.findall(r"`(bitpail/[a-z_/]+(?:\.py)?)`", text):
        assert (ROOT / path).exists(), path


def test_relative_links_lead_somewhere():
    for document_path in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", document_path.read_text()):
            assert (document_path.parent / target).exists(), f"{document_path.name}: {target}"


def test_the_readme_shows_both_commands():
    text = (ROOT / "README.md").read_text()
    assert "make demo" in text
    assert "make test" in text


def test_a_setting_has_one_name_in_all_three_places():
    for name in Settings.__struct_fields__:
        assert f"`{name}`" in document()
        assert f"`{PREFIX}{name.upper()}`" in document()


def test_the_page_on_operation_names_every_metric():
    page = (ROOT / "docs" / "operation.md").read_text()

    for family in FAMILIES:
        assert f"| `{family.name}" in page
        assert f"| {', '.join(family.labels)} | {family.help} |" in page
