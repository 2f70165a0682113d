"""Writes src/sklearn/kinds.data.ts: which scikit-learn estimator is of which kind.

Run it once with each scikit-learn that is supported; what a version no longer has stays in the table.
Usage: python scripts/kinds.py src/sklearn/kinds.data.ts
"""

import json
import re
import sys
from pathlib import Path

import sklearn
from sklearn.utils import all_estimators

# The filter of all_estimators and our word for it, in the order of precedence.
KINDS = {
    "classifier": "classifier",
    "regressor": "regressor",
    "cluster": "clusterer",
    "transformer": "transformer",
}


def main(target: Path) -> None:
    table: dict[str, str] = {}
    if target.exists():
        body = re.search(r"= (\{.*\});", target.read_text(), re.DOTALL)
        table = json.loads(re.sub(r",(\s*})", r"\1", body[1].replace("'", '"'))) if body else {}
    for type_filter, kind in KINDS.items():
        for _, cls in all_estimators(type_filter=type_filter):
            # A class of two kinds, as KMeans, keeps the one that predicts.
            table.setdefault(f"{cls.__module__}.{cls.__name__}", kind)
    lines = [f"  '{name}': '{table[name]}'," for name in sorted(table)]
    target.write_text(
        "// Written by scripts/kinds.py from sklearn.utils.all_estimators; do not edit.\n\n"
        "/** The kind of each estimator of scikit-learn, by `module.name`. */\n"
        "export const KINDS: Readonly<Record<string, string>> = {\n" + "\n".join(lines) + "\n};\n"
    )
    print(sklearn.__version__, len(table))


main(Path(sys.argv[1]))
