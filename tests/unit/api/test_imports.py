"""What the service's processes do without, since each of them would keep it in memory."""

import subprocess
import sys


def test_readers_of_strangers_papers_are_the_wallets() -> None:
    told = "import api.main, api.http.app, sys; print({'pypdf', 'docx', 'lxml'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()", "10 MB in each process"
