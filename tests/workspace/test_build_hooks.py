"""Build hooks: packages that are built by themselves carry the same one."""

from tests.workspace.members import ROOT


def test_they_are_one_file() -> None:
    hooks = sorted(ROOT.glob("packages/*/hatch_build.py"))

    assert [hook.parent.name for hook in hooks] == ["responder-graphql", "responder-openapi"]
    assert len({hook.read_bytes() for hook in hooks}) == 1
