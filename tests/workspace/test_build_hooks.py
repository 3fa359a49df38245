"""Build hooks: packages with pages, which are built by themselves, carry the same one."""

from tests.workspace.members import ROOT


def test_they_are_one_file() -> None:
    pages = ROOT.glob("packages/*/src/*/packages.json")
    hooks = sorted(page.parents[2] / "hatch_build.py" for page in pages)

    assert [hook.parent.name for hook in hooks] == ["responder-graphql", "responder-openapi"]
    assert len({hook.read_bytes() for hook in hooks}) == 1
