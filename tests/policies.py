"""Policies for tests whose stories are made for one model."""

from pathlib import Path

HM_2 = """
words: the stories of these tests are made for HM-2
segments: seg-4
models: {high_touch: hm-2, low_touch: hm-2, tech_touch: hm-2}
"""


def by_hm_2(directory: Path) -> Path:
    """A directory of configuration by which HM-2 scores everybody."""
    (directory / "policy").mkdir(parents=True)
    (directory / "policy" / "policy.yaml").write_text(HM_2, encoding="utf-8")
    return directory
