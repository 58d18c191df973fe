"""Write the pages that are made from the code: `make docs`."""

from pathlib import Path

from hookcli.signatures import catalog

DOCS = Path(__file__).parent.parent / "docs"

(DOCS / "signatures.md").write_text(catalog.markdown(), encoding="utf-8")
