"""Branches and tags made and deleted, and files offered beside the code, in a real browser; script or none."""

import zipfile

from support.processes import eventually


def test_a_tag_is_made_with_a_message_and_deleted(shared, plain):
    name = shared.repository(files={"README.md": "# Notes\n"})
    plain.go(f"/{name}/branches/")
    plain.follow("Tags")
    assert "There are no tags yet." in plain.text
    plain.page.get_by_text("New tag").click()
    plain.fill(name="no good..name", message="The first one")
    plain.press("Create tag")
    assert plain.page.get_by_role("alert").is_visible()
    assert plain.page.locator("#message").input_value() == "The first one"
    plain.fill(name="v1.0")
    plain.press("Create tag")
    assert "It was created." in plain.text
    assert "The first one" in plain.page.locator(".refs li").inner_text()

    with plain.page.expect_download() as begun:
        plain.page.get_by_role("link", name="v1.0 as zip").click()
    with zipfile.ZipFile(begun.value.path()) as archive:
        assert [one.rpartition("/")[2] for one in archive.namelist() if not one.endswith("/")] == [
            "README.md"
        ]
    plain.follow("Files of v1.0")
    assert plain.page.locator(".chooser summary").inner_text() == "Tag v1.0"
    plain.page.go_back()
    plain.page.get_by_label("Delete v1.0 …").click()
    plain.press("Delete v1.0")
    assert "There are no tags yet." in plain.text


def test_a_branch_is_made_found_and_deleted(shared, reader):
    name = shared.repository(files={"README.md": "# Notes\n"})
    reader.go(f"/{name}/branches/")
    for branch in ("topic/one", "topic/two"):
        reader.page.get_by_text("New branch").click()
        reader.fill(name=branch)
        reader.press("Create branch")
    reader.fill(search="ONE")
    reader.press("Show")
    assert reader.page.locator(".refs .ref").all_inner_texts() == ["topic/one"]

    reader.page.get_by_label("Delete topic/one …").click()
    reader.press("Delete topic/one")

    reader.go(f"/{name}/branches/")
    assert sorted(reader.page.locator(".refs .ref").all_inner_texts()) == ["main", "topic/two"]
    assert reader.page.get_by_label("Delete main").count() == 0


def test_a_file_is_offered_replaced_and_taken_away(shared, plain, tmp_path):
    name = shared.repository(files={"README.md": "# Notes\n"})
    file = tmp_path / "tool.bin"
    plain.go(f"/{name}/downloads/")
    assert "curl -u ada -F files=@FILE http" in plain.text
    for content in (b"one", b"two" * 1000):
        file.write_bytes(content)
        plain.page.set_input_files("#files", file)
        plain.press("Upload")
    assert plain.page.locator(".refs li").count() == 1

    with plain.page.expect_download() as begun:
        plain.page.get_by_role("link", name="tool.bin", exact=True).click()

    assert begun.value.path().read_bytes() == b"two" * 1000
    # Written down every few seconds.
    assert eventually(lambda: plain.go(f"/{name}/downloads/") and "1 time downloaded" in plain.text)
    plain.page.get_by_label("Delete tool.bin …").click()
    plain.press("Delete tool.bin")
    assert "No file is offered here" in plain.text
