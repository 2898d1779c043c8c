"""Make this checkout importable in its virtual environment, with a `pult` command: no build, no copy."""

import sys
import sysconfig
from pathlib import Path

root = Path(__file__).resolve().parent.parent
Path(sysconfig.get_path("purelib"), "pult-checkout.pth").write_text(f"{root}\n")
command = Path(sysconfig.get_path("scripts"), "pult")
command.write_text(f"#!{sys.executable}\nfrom pult.cli import main\n\nmain()\n")
command.chmod(0o755)
