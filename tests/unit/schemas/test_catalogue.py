"""The official files are those that the catalogue records."""

import schemas


def test_every_official_file_is_as_recorded() -> None:
    assert schemas.differing_files() == []


def test_every_official_file_in_use_is_recorded() -> None:
    folder = schemas.official_folder()
    there = {
        path.relative_to(folder).as_posix()
        for part in ("ubl-2.1/maindoc", "ubl-2.1/common", "cii-extended-ctc-fr")
        for path in (folder / part).glob("*.xsd")
    }
    assert there == set(schemas.catalogue())
