"""The page of `dvc plots` carries what draws it: it needs no network."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import chromium
import pytest
from text_files import ROOT

CHART = """\
{"$schema": "https://vega.github.io/schema/vega-lite/v5.json", "data": {"values": "<DVC_METRIC_DATA>"},
 "mark": "line", "encoding": {"x": {"field": "x", "type": "quantitative"}, "y": {"field": "y", "type": "quantitative"}}}
"""
DVC_YAML = "plots: [{curve: {template: chart.json, x: x, y: {curve.csv: y}}}]\n"


def test_it_loads_nothing_from_elsewhere() -> None:
    page = (ROOT / ".dvc/plots.html").read_text(encoding="utf-8")
    assert "{plot_divs}" in page
    assert "{scripts}" not in page  # DVC's own, which come from a network
    markup = re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    assert "</script>" in page
    assert re.findall(r"<script|src=|href=", markup) == []
    config = (ROOT / ".dvc/config").read_text(encoding="utf-8")
    assert "html_template = plots.html" in config


@pytest.mark.nightly
@pytest.mark.skipif(chromium.PATH is None, reason="needs chromium, which is not installed")
def test_a_browser_without_a_network_draws_a_chart(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "dvc", "init", "--no-scm", "--quiet"], cwd=tmp_path, check=True)
    for name in ("config", "plots.html"):
        shutil.copyfile(ROOT / ".dvc" / name, tmp_path / ".dvc" / name)
    (tmp_path / "dvc.yaml").write_text(DVC_YAML, encoding="utf-8")
    (tmp_path / "chart.json").write_text(CHART, encoding="utf-8")
    (tmp_path / "curve.csv").write_text("x,y\n0,1\n1,3\n2,2\n", encoding="utf-8")
    subprocess.run([sys.executable, "-m", "dvc", "plots", "show", "--quiet"], cwd=tmp_path, check=True)
    options = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--host-resolver-rules=MAP * 0.0.0.0",
        "--virtual-time-budget=20000",
    ]
    command = [str(chromium.PATH), *options, "--dump-dom", (tmp_path / "dvc_plots/index.html").as_uri()]
    drawn = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=120).stdout
    body = drawn[drawn.index("<body>") :]
    assert "vega-embed" in body
    assert re.search(r"<(canvas|svg)\b", body), body[:2000]
