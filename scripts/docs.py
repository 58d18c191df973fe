"""Write the pages that are made from the code: `make docs`."""

import json
from pathlib import Path

import relay_settings
import tui_keys

from hookcli.cli.render import contract
from hookcli.signatures import catalog

DOCS = Path(__file__).parent.parent / "docs"

(DOCS / "signatures.md").write_text(catalog.markdown(), encoding="utf-8")
(DOCS / "relay-settings.md").write_text(relay_settings.page(), encoding="utf-8")
inspector = DOCS / "tui.md"
inspector.write_text(tui_keys.page(inspector.read_text(encoding="utf-8")), encoding="utf-8")
(DOCS / "ndjson.schema.json").write_text(
    json.dumps(contract.schema(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
)
